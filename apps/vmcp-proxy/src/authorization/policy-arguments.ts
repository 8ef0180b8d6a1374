import type { CedarValueJson } from '@gatehouse/config/policies/cedar';
import type { UsedNames, ValueType } from '@gatehouse/config/policies/used-names';
import { inAnyCase, type Json, type RawObject } from '../json/raw-json.js';
import { typeOf } from '@gatehouse/config/policies/claim-values';

const MAX_TEXT_LENGTH = 4_096;
const MAX_TEXTS = 100;

const ARGUMENTS = inAnyCase('arguments');

export type ReadArguments =
  | { readonly kind: 'read'; readonly values: Readonly<Record<string, CedarValueJson>> }
  /** A policy looks at it, and cannot tell what the backend would take it for. */
  | { readonly kind: 'odd'; readonly what: string; readonly wanted: string };

const WANTED: Readonly<Record<ValueType, string>> = {
  String: `a text of at most ${String(MAX_TEXT_LENGTH)} characters`,
  Long: 'a whole number',
  Boolean: 'true or false',
  Set: `a list of at most ${String(MAX_TEXTS)} texts`,
};

/**
 * The arguments that policies look at. A backend may take `"100"` for 100, `null` for nothing, and `Amount` for `amount`; what
 * policies decided about would then not be what it does, so none of that is let through. Nor are arguments under a name that
 * some take for `arguments`, or such as are no object: what is not seen here may be read there.
 * @param params of the call
 * @param named `arg_…`
 * @throws {RefusedJson} when one is more than anybody reads.
 */
export function readArguments(
  params: RawObject,
  named: ReadonlySet<string>,
  types: UsedNames['types'],
): ReadArguments {
  const values: Record<string, CedarValueJson> = {};
  if (named.size === 0) return { kind: 'read', values };
  const given = params.get('arguments')?.object();
  if (given === undefined && params.names.some((name) => inAnyCase(name) === ARGUMENTS))
    return { kind: 'odd', what: 'arguments', wanted: 'an object' };
  for (const attribute of named) {
    const name = attribute.slice('arg_'.length);
    const type = typeOf(types, attribute);
    const folded = inAnyCase(name);
    const spelled = given?.names.filter((one) => inAnyCase(one) === folded) ?? [];
    if (spelled.length === 0) continue;
    const json = given?.get(name);
    const value = json === undefined ? undefined : valueOf(json, type);
    if (value === undefined || spelled.length > 1)
      return { kind: 'odd', what: `the argument ${name}`, wanted: WANTED[type] };
    values[attribute] = value;
  }
  return { kind: 'read', values };
}

function valueOf(json: Json, type: ValueType): CedarValueJson | undefined {
  switch (type) {
    case 'String': {
      const text = json.text();
      return text !== undefined && text.length <= MAX_TEXT_LENGTH ? text : undefined;
    }
    case 'Long': {
      // A number that is not written as we would write it may be read in other ways.
      const number = json.kind === 'number' ? json.value() : undefined;
      return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
    }
    case 'Boolean': {
      const value = json.kind === 'literal' ? json.value() : undefined;
      return typeof value === 'boolean' ? value : undefined;
    }
    case 'Set': {
      const list = json.kind === 'array' ? json.value() : undefined;
      const isRead =
        Array.isArray(list) &&
        list.length <= MAX_TEXTS &&
        list.every((one) => typeof one === 'string' && one.length <= MAX_TEXT_LENGTH);
      return isRead ? (list as string[]) : undefined;
    }
  }
}
