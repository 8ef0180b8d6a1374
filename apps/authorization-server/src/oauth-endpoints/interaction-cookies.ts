import type { ServerResponse } from 'node:http';
import type { AttemptCookies } from '../attempts/attempt-cookies.js';

/** The library's own cookies of an interaction. They pass between us and the library only; no browser gets one. */
export const INTERACTION_COOKIE = 'gh-interaction';
export const RESUME_COOKIE = 'gh-resume';
export const INTERACTION_COOKIES: readonly string[] = [INTERACTION_COOKIE, RESUME_COOKIE];

/**
 * Each of the library's two cookies has a path, which a `__Host-` cookie must not have, and one of the paths is fixed. So
 * the browser gets the cookie of the attempt instead. It gets it here and nowhere else.
 */
export function bindToBrowser(
  response: ServerResponse,
  cookieHeader: string | undefined,
  uid: string,
  cookies: AttemptCookies,
): void {
  for (const line of cookies.begin(uid, cookieHeader)) response.appendHeader('set-cookie', line);
}

/** Removes the library's own cookies from its response. */
export function withoutInteractionCookies(response: ServerResponse): void {
  const lines = [response.getHeader('set-cookie') ?? []].flat().map(String);
  const kept = lines.filter((line) => !INTERACTION_COOKIES.some((name) => line.startsWith(`${name}=`)));
  if (kept.length === lines.length) return;
  if (kept.length === 0) response.removeHeader('set-cookie');
  else response.setHeader('set-cookie', kept);
}
