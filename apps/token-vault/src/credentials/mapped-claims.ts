import {
  MAX_CLAIM_CHARACTERS,
  MAX_CLAIM_VALUES,
  MAX_MAPPED_BYTES,
  type MappedClaim,
} from '@gatehouse/config/model/claim-mappings';
import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import { valueAt } from '../providers/answer-fields.js';

type ClaimValue = string | number | boolean | string[];

export type MappedClaims =
  | { readonly ok: true; readonly claims: Readonly<Record<string, ClaimValue>> }
  /** Leaving it out could lift what a policy forbids to a group. */
  | { readonly ok: false; readonly claim: string; readonly reason: string };

/** What of a provider's claims goes into access tokens. A claim that the provider does not say is left out. */
export function mappedClaims(
  said: Readonly<Record<string, unknown>>,
  mappings: readonly MappedClaim[],
): MappedClaims {
  const claims: Record<string, ClaimValue> = {};
  for (const { claim, as, values } of mappings) {
    const value = valueAt(said, claim);
    if (isSaidElsewhere(said, claim)) return { ok: false, claim, reason: 'the provider says it elsewhere' };
    if (value === undefined || value === null) continue;
    const mapped = chosen(value, values);
    if (typeof mapped === 'object' && 'reason' in mapped) return { ok: false, claim, reason: mapped.reason };
    if (mapped !== undefined) claims[as] = mapped;
    if (Buffer.byteLength(JSON.stringify(claims)) > MAX_MAPPED_BYTES)
      return { ok: false, claim, reason: `with it, claims are larger than ${MAX_MAPPED_BYTES} bytes` };
  }
  return { ok: true, claims };
}

/**
 * OpenID Connect Core section 5.6.2: a claim can be named here and said at another place, to which Gatehouse does not go. Entra does so
 * with `groups` of whoever is in more than 200 of them, or says no more than that there are some (`hasgroups`).
 */
export function isSaidElsewhere(said: Readonly<Record<string, unknown>>, claim: string): boolean {
  const names = valueAt(said, '_claim_names');
  const [first = claim] = claim.split('.');
  const isNamed = [claim, first].some((name) => isObject(names) && Object.hasOwn(names, name));
  return isNamed || (claim === 'groups' && said['hasgroups'] === true && valueAt(said, claim) === undefined);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function chosen(value: unknown, patterns?: readonly string[]): ClaimValue | { reason: string } | undefined {
  const isWanted = (text: string): boolean =>
    patterns === undefined || patterns.some((pattern) => matchesWildcard(pattern, text));
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number')
    return Number.isSafeInteger(value) || !Number.isInteger(value)
      ? value
      : { reason: 'it is a number that is not exact' };
  if (typeof value === 'string') {
    if (!isWanted(value)) return undefined;
    return value.length > MAX_CLAIM_CHARACTERS ? { reason: 'it is too long' } : value;
  }
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
    return { reason: 'it is no text, number, truth value or list of texts' };
  const texts = [...new Set(value.filter(isWanted))];
  if (texts.length > MAX_CLAIM_VALUES) return { reason: `it has more than ${MAX_CLAIM_VALUES} values` };
  return texts.some((text) => text.length > MAX_CLAIM_CHARACTERS)
    ? { reason: 'one of its values is too long' }
    : texts;
}
