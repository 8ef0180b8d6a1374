import type { SchemaJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Finding } from '../findings/problems.js';
import type { PolicySource } from '../model/call-policies.js';
import { conflicts, validated } from './checked-policies.js';
import { givenAttributes, ofType, record } from './policy-schema.js';
import { readPolicies, type NamedPolicy } from './policy-text.js';
import { NamesInUse, type UsedNames } from './used-names.js';

/** What policies about people call things (docs/access.md). */
export const PERSON = 'Person';
export const GATEWAY = 'MCP';
export const SIGN_IN = 'sign_in';
export const ADMINISTER = 'administer';
/** What somebody may do, or not: each list of policies is about one of these. */
export type AccessAction = typeof SIGN_IN | typeof ADMINISTER;
const OWN_TYPES: ReadonlySet<string> = new Set([PERSON, GATEWAY]);

export interface CheckedAccess {
  readonly policies: readonly NamedPolicy[];
  readonly used: UsedNames;
  /** Empty: they can be used. */
  readonly findings: readonly Finding[];
}

/** Parses and validates policies about people, as those about calls. */
export function checkedAccess(
  sources: readonly PolicySource[],
  groupEntityType: string,
  action: AccessAction,
): CheckedAccess {
  const { policies, findings: misread } = readPolicies(sources);
  const used = new NamesInUse(policies.map(({ json }) => json));
  const found = [...misread, ...conflicts(used, sources)];
  // Its schema would say two things of one type.
  const isOwn = OWN_TYPES.has(groupEntityType);
  const findings =
    found.length > 0 || isOwn
      ? found
      : validated(policies, sources, (isAllThere) => schema(used, { groupEntityType, action }, isAllThere));
  return { policies, used, findings };
}

export const isTypeOfGroups = (type: string): boolean => !OWN_TYPES.has(type);

/** Everything about a person may be absent: a provider says what it says. */
function schema(
  used: UsedNames,
  { groupEntityType, action }: { readonly groupEntityType: string; readonly action: AccessAction },
  isAllThere: boolean,
): SchemaJson<string> {
  const person = record({
    provider: { type: 'String', required: true },
    verifiedEmail: ofType('String', isAllThere),
    verifiedEmailDomain: ofType('String', isAllThere),
    ...givenAttributes(used, 'principal', 'claim_', isAllThere),
  });
  const nothing = record({});
  const appliesTo = { principalTypes: [PERSON], resourceTypes: [GATEWAY], context: nothing };
  // The package's types want each kind of type apart; what is built here is checked by its own parser.
  const namespace: unknown = {
    entityTypes: {
      [PERSON]: { memberOfTypes: [groupEntityType], shape: person },
      [GATEWAY]: { memberOfTypes: [], shape: nothing },
      [groupEntityType]: { memberOfTypes: [], shape: nothing },
    },
    actions: { [action]: { appliesTo } },
  };
  return { '': namespace } as SchemaJson<string>;
}
