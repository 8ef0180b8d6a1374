import { sha256 } from '@gatehouse/kernel/digest';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { randomToken, type AttemptId } from '@gatehouse/kernel/ids';
import { cookieName, readCookie, setCookie } from '../http/cookies.js';

/** As long as the vault keeps a pending leg. */
const LIFETIME_SECONDS = (10 * MINUTE_MS) / SECOND_MS;
const VALUE = /^([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{0,64})$/;

/** What binds the legs of an attempt to the browser that was sent away; `uid` brings that browser back to its page. */
export interface AttemptCookie {
  readonly secret: string;
  readonly uid: string;
}

const nameOf = (id: AttemptId, secure: boolean): string => cookieName(`gh-signin-${id}`, secure);

export const newAttemptCookie = (uid: string): AttemptCookie => ({ secret: randomToken(), uid });

/** What the vault and the attempt know of the cookie. */
export const bindingOf = ({ secret }: AttemptCookie): string => sha256(secret);

export function readAttemptCookie(
  header: string | undefined,
  id: AttemptId,
  secure: boolean,
): AttemptCookie | undefined {
  const [, secret, uid] = VALUE.exec(readCookie(header, nameOf(id, secure)) ?? '') ?? [];
  return secret === undefined || uid === undefined ? undefined : { secret, uid };
}

export const attemptCookieHeader = (id: AttemptId, { secret, uid }: AttemptCookie, secure: boolean): string =>
  setCookie(nameOf(id, secure), `${secret}.${uid}`, { secure, maxAgeSeconds: LIFETIME_SECONDS });
