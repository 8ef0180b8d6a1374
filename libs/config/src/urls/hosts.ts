import { isIP } from 'node:net';
import { addressKind, type AddressKind } from '@gatehouse/kernel/network-address';

/** `localhost`, `127.0.0.1` and `[::1]` (RFC 8252 section 7.3); `localhost.example.org` is not one. */
export const isLocalhost = (url: string): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(hostOf(url));

export const isHttps = (url: string): boolean => /^https:/i.test(url);

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

/**
 * What kind of address a URL names outright, by the rules that requests are made by. A host name that resolves to one is
 * refused when the request is made, by the client that resolves it.
 */
export function namedAddress(url: string): AddressKind {
  const host = hostOf(url).replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return addressKind(host);
  return host === 'localhost' || host.endsWith('.localhost') ? 'private' : 'public';
}
