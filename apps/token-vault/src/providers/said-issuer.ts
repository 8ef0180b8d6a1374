import { isOfTemplate } from './id-token.js';
import type { Provider } from './provider-registry.js';

/**
 * Who sent a callback, by its own `iss`: this provider, another one, or nobody is named. `unknown`: no issuer is configured
 * for this provider, and no other provider's issuer matches; or it is one of the tenants of this provider.
 */
export type SaidIssuer = 'own' | 'another' | 'nothing' | 'unknown';

/**
 * RFC 9207 section 2.4: what `iss` says is compared as text with the issuer that the request was sent to.
 * @param expected left out: the configured one
 */
export function saidIssuer(
  query: string,
  provider: Provider,
  others: readonly Provider[],
  expected = provider.protocol.issuer,
): SaidIssuer {
  // RFC 6749 section 3.1: a parameter without a value counts as left out.
  const said = new URLSearchParams(query).getAll('iss').filter((value) => value !== '');
  if (said.length === 0) return 'nothing';
  const { protocol } = provider;
  const template = protocol.type === 'oidc' ? protocol.issuerTemplate : undefined;
  // Of which tenant it is shows in the id_token alone, which is verified by that.
  if (template !== undefined)
    return said.every((value) => value === expected || isOfTemplate(value, template)) ? 'unknown' : 'another';
  if (expected !== undefined) return said.every((value) => value === expected) ? 'own' : 'another';
  return said.some((value) => others.some((other) => means(value, other, provider))) ? 'another' : 'unknown';
}

/** A provider without a configured issuer is recognised by the origin of its endpoints, unless both have the same origin. */
function means(value: string, other: Provider, provider: Provider): boolean {
  if (value === other.protocol.issuer) return true;
  const origin = originOf(value);
  return origin !== undefined && originsOf(other).has(origin) && !originsOf(provider).has(origin);
}

function originsOf({ protocol }: Provider): ReadonlySet<string | undefined> {
  const urls =
    protocol.type === 'oauth2'
      ? [protocol.authorizationEndpoint, protocol.tokenEndpoint]
      : [protocol.issuer ?? ''];
  return new Set(urls.map(originOf));
}

const originOf = (url: string): string | undefined => URL.parse(url)?.origin;
