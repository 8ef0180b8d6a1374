import { hostKind, type AddressKind } from '@gatehouse/kernel/network-address';

/** `localhost`, `127.0.0.1` and `[::1]` (RFC 8252 section 7.3); `localhost.example.org` is not one. */
export const isLocalhost = (url: string): boolean => isLoopbackName(hostOf(url));

/** The same of a host as URLs have it. */
export const isLoopbackName = (host: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(host);

/** The same of an address to listen on. */
export const isLoopbackAddress = (address: string): boolean =>
  isLoopbackName(address === '::1' ? '[::1]' : address);

export const isHttps = (url: string): boolean => /^https:/i.test(url);

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

/**
 * The kind of address that a URL names directly, by the same rules that the HTTP client applies. A host name that
 * resolves to a refused address is refused by that client, when the request is made.
 */
export const namedAddress = (url: string): AddressKind =>
  URL.canParse(url) ? (hostKind(new URL(url).hostname) ?? 'public') : 'public';

/** `0.0.0.0` and `[::]`: all addresses of a machine, to listen on. */
export const isListeningAddress = (url: string): boolean => ['0.0.0.0', '[::]'].includes(hostOf(url));

/** The host and the port of a URL, with the port that its scheme has when none is written. */
export function placeOf(url: string): { readonly host: string; readonly port: number } | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  const { hostname: host, port, protocol } = parsed;
  return { host, port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port) };
}
