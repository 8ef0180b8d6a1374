import { sha256 } from '@gatehouse/kernel/digest';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { randomToken, type AttemptId } from '@gatehouse/kernel/ids';
import { cookieName, readCookie, readCookies, removeCookie, setCookie } from '../http/cookies.js';

/** As long as the vault keeps a pending leg. */
const LIFETIME_SECONDS = (10 * MINUTE_MS) / SECOND_MS;
/**
 * More sign-ins than anybody has open at once. Without a bound those that were left pile up until the browser's headers
 * exceed what Node reads (16 KiB), and every page of ours is 431.
 */
const MOST_IN_ONE_BROWSER = 16;
const NAME = /^(__Host-)?gh-signin-[A-Za-z0-9_-]{22}$/;
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

/** Binds the browser to the attempt, and takes back the oldest cookies of those that it left behind. */
export function attemptCookieHeaders(
  id: AttemptId,
  { secret, uid }: AttemptCookie,
  { header, secure }: { readonly header: string | undefined; readonly secure: boolean },
): readonly string[] {
  const own = nameOf(id, secure);
  const others = readCookies(header)
    .map(({ name }) => name)
    .filter((name) => name !== own && NAME.test(name));
  const surplus = others.slice(0, Math.max(0, others.length + 1 - MOST_IN_ONE_BROWSER));
  return [
    setCookie(own, `${secret}.${uid}`, { secure, maxAgeSeconds: LIFETIME_SECONDS }),
    ...surplus.map((name) => removeCookie(name, secure)),
  ];
}
