import { getPublicSuffix } from 'tough-cookie';

/** How much a request has to do with the site that started it; decides which SameSite cookies travel. */
export type SameSite = 'strict' | 'lax' | 'none';

const SPECIAL_USE = { allowSpecialUseDomain: true, ignoreError: true };

/** Scheme and registrable domain, or the host itself where there is none (`localhost`, an address). */
function siteOf(url: string): string {
  const { protocol, hostname } = new URL(url);
  const isName = hostname.includes('.') && !/^[\d.]+$/.test(hostname);
  return `${protocol}//${isName ? (getPublicSuffix(hostname, SPECIAL_USE) ?? hostname) : hostname}`;
}

/**
 * The SameSite context of a top-level navigation. `chain` is every URL on the way, from the page that began it (absent
 * when the person typed the address) to the request that is about to be made: one foreign hop makes it foreign.
 */
export function sameSiteOf(chain: readonly string[], method: string): SameSite {
  const sites = new Set(chain.map(siteOf));
  if (sites.size <= 1) return 'strict';
  return method === 'GET' ? 'lax' : 'none';
}
