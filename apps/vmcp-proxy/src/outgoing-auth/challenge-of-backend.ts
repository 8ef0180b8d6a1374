import {
  MAX_CHALLENGE_ACR_LENGTH,
  MAX_CHALLENGE_AGE_DIGITS,
  MAX_CHALLENGE_CLAIMS_LENGTH,
  type BackendChallenge,
} from '@gatehouse/contracts/token-vault/backend-challenge';
import type { BearerChallenge } from '@gatehouse/kernel/bearer-challenge';

/**
 * What a backend wants its person's sign-in to show. The vault reads what it means; here it is bounded.
 * @returns `undefined`: nothing that could be passed on
 */
export function challengeOfBackend({
  error,
  claims,
  acrValues,
  maxAge,
}: BearerChallenge): BackendChallenge | undefined {
  if (error === 'insufficient_claims')
    return isShort(claims, MAX_CHALLENGE_CLAIMS_LENGTH) ? { claims } : undefined;
  // RFC 9470, section 3.
  if (error !== 'insufficient_user_authentication') return undefined;
  const hasAge = isShort(maxAge, MAX_CHALLENGE_AGE_DIGITS) && /^\d+$/.test(maxAge);
  const challenge = {
    ...(isShort(acrValues, MAX_CHALLENGE_ACR_LENGTH) ? { acrValues } : {}),
    ...(hasAge ? { maxAgeSeconds: Number(maxAge) } : {}),
  };
  return Object.keys(challenge).length === 0 ? undefined : challenge;
}

const isShort = (text: string | undefined, most: number): text is string =>
  text !== undefined && text.length > 0 && text.length <= most;
