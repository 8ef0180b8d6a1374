import type { CedarValueJson } from './cedar.js';
import type { UsedNames, ValueType } from './used-names.js';

/** A claim is of another type than policies need: one that compares it would not count. */
export class OddClaim extends Error {
  constructor(readonly claim: string) {
    super(`the claim ${claim} is of another type than policies use`);
  }
}

/** What policies take a claim or an argument for. */
export const typeOf = (types: UsedNames['types'], name: string): ValueType =>
  [...(types.get(name) ?? [])][0] ?? 'String';

export const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : Array.isArray(value)
      ? value.filter((one) => typeof one === 'string')
      : [];

/** @throws {OddClaim} */
export function claimValue(claim: string, value: unknown, type: ValueType): CedarValueJson {
  if (type === 'Boolean' && typeof value === 'boolean') return value;
  if (type === 'Long' && Number.isSafeInteger(value)) return value as number;
  if (type === 'String' && typeof value === 'string') return value;
  if (type === 'Set') {
    const texts = textsIn(value);
    if (typeof value === 'string' || (Array.isArray(value) && texts.length === value.length))
      return [...texts];
  }
  throw new OddClaim(claim);
}
