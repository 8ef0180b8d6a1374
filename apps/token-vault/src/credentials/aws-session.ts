import { ROLE_CLAIM, type AwsSts, type RoleMapping } from '@gatehouse/config/model/aws-sts';
import { matchesClaims } from '@gatehouse/config/policies/claim-matchers';
import { sha256 } from '@gatehouse/kernel/digest';
import type { Secret } from '@gatehouse/kernel/secret';
import { decodeJwt } from 'jose';
import { firstTextOf, valueAt } from '../providers/answer-fields.js';
import type { Unissued } from './exchange-outcome.js';
import { isSaidElsewhere } from './mapped-claims.js';

type Claims = Readonly<Record<string, unknown>>;

/** As whom, in the terms of AWS, a person reaches a backend. */
export interface AwsSession {
  readonly kind: 'session';
  readonly roleArn: string;
  readonly name: string;
}

/** @param token that STS is shown: what it says counts, and nothing else */
export function awsSessionFor(strategy: AwsSts<Secret>, token: string): AwsSession | Unissued {
  const claims = claimsOf(token);
  const { roleMappings, roleClaim = ROLE_CLAIM, sessionNameClaim, fallbackRoleArn } = strategy;
  // Somebody who is in many groups must not get the role of those who are in none.
  const elsewhere = claimsOfMappings(roleMappings, roleClaim, claims).find((name) =>
    isSaidElsewhere(claims, name),
  );
  if (elsewhere !== undefined) return noRole(`the provider says ${elsewhere} elsewhere`);
  const values = [valueAt(claims, roleClaim)].flat();
  const judged = inOrder(roleMappings).map((mapping) => ({
    mapping,
    fits:
      mapping.matcher === undefined ? values.includes(mapping.claim) : matchesClaims(mapping.matcher, claims),
  }));
  const decisive = judged.find(({ fits }) => fits !== false);
  // The next one may give more than the one that nobody can tell.
  if (decisive?.fits === undefined && decisive !== undefined)
    return noRole(`roleMappings[${roleMappings.indexOf(decisive.mapping)}].matcher cannot be answered`);
  const roleArn = decisive?.mapping.roleArn ?? fallbackRoleArn;
  if (roleArn === undefined) return noRole('no mapping fits');
  const name = firstTextOf(claims, [sessionNameClaim]);
  return name === undefined
    ? { kind: 'refused', about: 'settings', reason: `the token has no ${sessionNameClaim}` }
    : { kind: 'session', roleArn, name: sessionName(name) };
}

/** The claims that mappings look at. Of matchers, those that are known to be said elsewhere at times. */
function claimsOfMappings(
  mappings: readonly RoleMapping[],
  roleClaim: string,
  { _claim_names: names }: Claims,
): readonly string[] {
  const known = ['groups', ...(typeof names === 'object' && names !== null ? Object.keys(names) : [])];
  return [
    ...(mappings.some(({ claim }) => claim !== undefined) ? [roleClaim] : []),
    ...known.filter((name) => mappings.some(({ matcher }) => matcher?.includes(name) === true)),
  ];
}

const noRole = (reason: string): Unissued => ({ kind: 'refused', about: 'role', reason });

/** The order of two that are equal stays (ECMA-262, Array.prototype.sort). */
const inOrder = (mappings: readonly RoleMapping[]): readonly RoleMapping[] =>
  [...mappings].sort((left, right) => priorityOf(left) - priorityOf(right));

const priorityOf = ({ priority = Number.MAX_SAFE_INTEGER }: RoleMapping): number => priority;

/** The claims of what is no JWT are known to nobody. */
function claimsOf(token: string): Claims {
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}

/** What AWS takes (AssumeRoleWithWebIdentity, RoleSessionName), but for those that are made here. */
const TAKEN = /^[\w+,.@-][\w+=,.@-]{1,63}$/;
const MAX_SHOWN = 40;
const DIGEST_CHARACTERS = 22;

/**
 * Policies can tell people apart by it (`aws:userid`), so no two have one name. What AWS does not take is written as `=`, what can
 * be shown of it, `=`, and its digest; no other name begins like that.
 */
const sessionName = (name: string): string =>
  TAKEN.test(name)
    ? name
    : `=${name.replace(/[^\w+,.@-]/g, '-').slice(0, MAX_SHOWN)}=${sha256(name).slice(0, DIGEST_CHARACTERS)}`;
