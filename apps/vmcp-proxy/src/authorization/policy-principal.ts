import type { CedarValueJson, EntityJson } from '@gatehouse/config/policies/cedar';
import type { CallPolicies } from '@gatehouse/config/model/call-policies';
import type { UsedNames, ValueType } from '@gatehouse/config/policies/used-names';
import type { Principal } from '../incoming-auth/principal.js';
import { isObject } from '../mcp/message.js';

const MAX_GROUPS = 1_000;

/** A caller as policies see it. */
export interface PolicyPrincipal {
  readonly entity: EntityJson;
  /** Claims that policies look at in the context. */
  readonly context: Readonly<Record<string, CedarValueJson>>;
}

/** The claim of that name is of another type than policies need. */
class OddClaim extends Error {}

/**
 * The entity of a caller. Everything in it is from the verified access token: nothing that a client sends beside it.
 * @throws {OddClaim} since a policy that compares a claim of another type would not count.
 */
export function policyPrincipal(
  { subject, issuer, clientId, scopes, delegate, claims = {} }: Principal,
  { attributes, types }: UsedNames,
  { groupClaims, groupEntityType }: Pick<CallPolicies, 'groupClaims' | 'groupEntityType'>,
): PolicyPrincipal {
  const claimsOf = (variable: string): Record<string, CedarValueJson> =>
    Object.fromEntries(
      [...(attributes.get(variable) ?? [])].flatMap((name) => {
        const value = name.startsWith('claim_') ? claims[name.slice('claim_'.length)] : undefined;
        return value === undefined || value === null ? [] : [[name, claimValue(value, typeOf(types, name))]];
      }),
    );
  const act = claims['act'];
  const actor = isObject(act) && typeof act['sub'] === 'string' ? act['sub'] : undefined;
  const groups = groupClaims.flatMap((name) => textsIn(claims[name]));
  if (groups.length > MAX_GROUPS) throw new OddClaim();
  return {
    entity: {
      uid: { type: 'Client', id: subject },
      attrs: {
        clientId,
        issuer,
        scopes: [...scopes],
        ...(actor === undefined ? {} : { actor }),
        ...(delegate === undefined ? {} : { actors: [...delegate.actors] }),
        ...claimsOf('principal'),
      },
      parents: [...new Set(groups)].map((id) => ({ type: groupEntityType, id })),
    },
    context: claimsOf('context'),
  };
}

export const typeOf = (types: UsedNames['types'], name: string): ValueType =>
  [...(types.get(name) ?? [])][0] ?? 'String';

const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : Array.isArray(value)
      ? value.filter((one) => typeof one === 'string')
      : [];

function claimValue(value: unknown, type: ValueType): CedarValueJson {
  if (type === 'Boolean' && typeof value === 'boolean') return value;
  if (type === 'Long' && Number.isSafeInteger(value)) return value as number;
  if (type === 'String' && typeof value === 'string') return value;
  if (type === 'Set') {
    const texts = textsIn(value);
    if (typeof value === 'string' || (Array.isArray(value) && texts.length === value.length))
      return [...texts];
  }
  throw new OddClaim();
}
