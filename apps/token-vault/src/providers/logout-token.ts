import type { LogoutRefusal } from '@gatehouse/contracts/token-vault/provider-logout';
import { CLOCK_TOLERANCE_SECONDS } from '@gatehouse/kernel/clock';
import { HOUR_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { identityFromClaims } from './identity.js';
import { providerSession } from './provider-session.js';

/** Section 2.4 of OpenID Connect Back-Channel Logout 1.0. */
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Many providers write what they write in everything. */
const TYPES = ['logout+jwt', 'application/logout+jwt', 'jwt'];
/** However long it says that it is good for. */
const MAX_AGE_MS = HOUR_MS;
const TOLERANCE_MS = CLOCK_TOLERANCE_SECONDS * SECOND_MS;

const header = z.looseObject({ alg: z.string(), typ: z.string().optional() });
const claims = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  azp: z.string().optional(),
  iat: z.number().nonnegative(),
  exp: z.number(),
  jti: z.string().min(1),
  events: z.looseObject({ [EVENT]: z.looseObject({}) }),
  sub: z.string().optional(),
  sid: z.string().optional(),
});

/** Who may have made a logout token, and for whom. */
export interface ExpectedLogout {
  readonly provider: string;
  readonly issuer: string;
  readonly clientId: string;
  /** The claim of its id_tokens by which it names people. */
  readonly subjectClaim: string;
  readonly nowMs: number;
}

/** What it names. One of the two is there. */
export interface NamedByLogout {
  readonly provider: string;
  readonly subject: string | undefined;
  /** {@link providerSession} */
  readonly providerSession: string | undefined;
  readonly issuedAtMs: number;
}

export type ReadLogout =
  | { readonly ok: true; readonly alg: string; readonly named: NamedByLogout }
  | { readonly ok: false; readonly reason: LogoutRefusal };

/**
 * Everything of section 2.6 that needs no key: whoever is no provider makes this gateway fetch nothing. `iss`, `aud`, `iat` and `exp`
 * are as in id_tokens (OpenID Connect Core, section 3.1.3.7). Nothing is believed before its signature is.
 */
export function readLogoutToken(token: string, expected: ExpectedLogout): ReadLogout {
  const parsed = parsedToken(token);
  if (parsed === undefined) return refused('not_a_logout_token');
  const { alg, said } = parsed;
  const { iss, aud, azp } = said;
  if (iss !== expected.issuer) return refused('wrong_issuer');
  const audience = [aud].flat();
  // Of several audiences, it has to say which one it is for.
  const isForUs =
    audience.includes(expected.clientId) &&
    (azp === undefined ? audience.length === 1 : azp === expected.clientId);
  if (!isForUs) return refused('wrong_audience');
  if (!isInTime(said, expected.nowMs)) return refused('wrong_time');
  const { provider, subjectClaim } = expected;
  const subject = identityFromClaims(said, subjectClaim)?.subject;
  const session = said.sid === undefined || said.sid === '' ? undefined : said.sid;
  if (subject === undefined && session === undefined) return refused('names_nobody');
  return {
    ok: true,
    alg,
    named: {
      provider,
      subject,
      providerSession: session === undefined ? undefined : providerSession(provider, session),
      issuedAtMs: Math.floor(said.iat * SECOND_MS),
    },
  };
}

/** For which client a token says that it is. Nothing is verified here. @returns `undefined` where it names none, or several */
export function clientNamedIn(token: string): string | undefined {
  const said = parsedToken(token)?.said;
  if (said === undefined) return undefined;
  const audience = [said.aud].flat();
  return said.azp ?? (audience.length === 1 ? audience[0] : undefined);
}

const refused = (reason: LogoutRefusal): ReadLogout => ({ ok: false, reason });

function parsedToken(token: string): { alg: string; said: z.output<typeof claims> } | undefined {
  try {
    const { alg, typ } = header.parse(decodeProtectedHeader(token));
    const decoded = decodeJwt(token);
    // A nonce would make it an id_token (section 2.4), and an id_token must end nothing.
    if ((typ !== undefined && !TYPES.includes(typ.toLowerCase())) || Object.hasOwn(decoded, 'nonce'))
      return undefined;
    return { alg, said: claims.parse(decoded) };
  } catch {
    return undefined;
  }
}

function isInTime({ iat, exp }: z.output<typeof claims>, nowMs: number): boolean {
  const ageMs = nowMs - iat * SECOND_MS;
  return exp * SECOND_MS > nowMs - TOLERANCE_MS && ageMs >= -TOLERANCE_MS && ageMs <= MAX_AGE_MS;
}
