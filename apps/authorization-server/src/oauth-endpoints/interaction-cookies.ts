import type { ServerResponse } from 'node:http';
import type { AttemptCookies } from '../attempts/attempt-cookies.js';

/** Names by which the library knows an interaction. They pass between us and the library; no browser ever gets one. */
export const INTERACTION_COOKIE = 'gh-interaction';
export const RESUME_COOKIE = 'gh-resume';
export const INTERACTION_COOKIES: readonly string[] = [INTERACTION_COOKIE, RESUME_COOKIE];

/**
 * The library's two cookies of an interaction have a path each, which a `__Host-` cookie must not have, and one of the
 * paths is fixed. So the browser gets the cookie of the attempt in their place, here and nowhere else.
 */
export function bindToBrowser(
  response: ServerResponse,
  cookieHeader: string | undefined,
  uid: string,
  cookies: AttemptCookies,
): void {
  for (const line of cookies.begin(uid, cookieHeader)) response.appendHeader('set-cookie', line);
}

/** Takes the library's own out of its answer. */
export function withoutInteractionCookies(response: ServerResponse): void {
  const lines = [response.getHeader('set-cookie') ?? []].flat().map(String);
  const kept = lines.filter((line) => !INTERACTION_COOKIES.some((name) => line.startsWith(`${name}=`)));
  if (kept.length === lines.length) return;
  if (kept.length === 0) response.removeHeader('set-cookie');
  else response.setHeader('set-cookie', kept);
}
