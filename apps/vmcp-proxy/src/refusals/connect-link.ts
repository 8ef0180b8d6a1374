import type { Principal } from '../incoming-auth/principal.js';

/** Our own page, which checks that the browser's user is the token's user before it sends anybody on. Nothing in it is secret. */
export function connectLink(issuer: string, provider: string, { tsid }: Principal): string {
  const link = `${issuer}/connect/${encodeURIComponent(provider)}`;
  return tsid === undefined ? link : `${link}?session=${encodeURIComponent(tsid)}`;
}
