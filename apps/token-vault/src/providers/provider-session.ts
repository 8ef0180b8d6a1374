import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { decodeJwt, type JWTPayload } from 'jose';
import type { TokenSet } from './token-answer.js';

/** Names a session at one provider (`sid`, OpenID Connect Front-Channel Logout, section 3). No provider can name another one's. */
export const providerSession = (provider: string, sid: string): string => sha256(`${provider} ${sid}`);

/** @param tokens whose id_token was verified. @returns null where it names no session. */
export function providerSessionOf(provider: string, tokens: Pick<TokenSet, 'idToken'>): string | null {
  const sid = claimsOf(tokens)?.['sid'];
  return typeof sid === 'string' && sid !== '' ? providerSession(provider, sid) : null;
}

/** When the provider issued the id_token, by its own clock. @returns null where there is none. */
export function issuedAtOf(tokens: Pick<TokenSet, 'idToken'>): Date | null {
  const { iat } = claimsOf(tokens) ?? {};
  return iat === undefined ? null : new Date(iat * SECOND_MS);
}

function claimsOf({ idToken }: Pick<TokenSet, 'idToken'>): JWTPayload | undefined {
  if (idToken === undefined) return undefined;
  try {
    return decodeJwt(idToken);
  } catch {
    return undefined;
  }
}
