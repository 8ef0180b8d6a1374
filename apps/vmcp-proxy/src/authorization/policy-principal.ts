import type { CedarValueJson, EntityJson } from '@gatehouse/config/policies/cedar';
import type { CallPolicies } from '@gatehouse/config/model/call-policies';
import { claimValue, OddClaim, textsIn, typeOf } from '@gatehouse/config/policies/claim-values';
import type { UsedNames } from '@gatehouse/config/policies/used-names';
import type { Principal } from '../incoming-auth/principal.js';
import { isObject } from '../mcp/message.js';

const MAX_GROUPS = 1_000;

/** A caller as policies see it. */
export interface PolicyPrincipal {
  readonly entity: EntityJson;
  /** Claims that policies look at in the context. */
  readonly context: Readonly<Record<string, CedarValueJson>>;
}

/**
 * The entity of a caller. Everything in it is from the verified access token: nothing that a client sends beside it.
 * @throws {OddClaim} since a policy that compares a claim of another type would not count.
 */
export function policyPrincipal(
  { subject, issuer, clientId, scopes, delegate, claims = {} }: Principal,
  { attributes, types }: UsedNames,
  {
    groupEntityType,
    ...named
  }: Pick<CallPolicies, 'groupClaims' | 'groupClaimFallbacks' | 'groupEntityType'>,
): PolicyPrincipal {
  const claimsOf = (variable: string): Record<string, CedarValueJson> =>
    Object.fromEntries(
      [...(attributes.get(variable) ?? [])].flatMap((name) => {
        const claim = name.slice('claim_'.length);
        const value = name.startsWith('claim_') ? claims[claim] : undefined;
        return value === undefined || value === null
          ? []
          : [[name, claimValue(claim, value, typeOf(types, name))]];
      }),
    );
  const act = claims['act'];
  const actor = isObject(act) && typeof act['sub'] === 'string' ? act['sub'] : undefined;
  const groups = groupClaimsIn(claims, named).flatMap((name) => textsIn(claims[name]));
  if (groups.length > MAX_GROUPS) throw new OddClaim('groups');
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

/** A claim that is there counts, whatever is in it: an empty one is no reason to look for more. */
function groupClaimsIn(
  claims: Readonly<Record<string, unknown>>,
  { groupClaims, groupClaimFallbacks }: Pick<CallPolicies, 'groupClaims' | 'groupClaimFallbacks'>,
): readonly string[] {
  const [first, ...others] = groupClaims;
  if (first === undefined) return [];
  const found = [first, ...groupClaimFallbacks].find((name) => Object.hasOwn(claims, name)) ?? first;
  return [...new Set([found, ...others])];
}
