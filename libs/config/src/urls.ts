import { BlockList, isIP } from 'node:net';

/** `localhost`, `127.0.0.1` and `[::1]` (RFC 8252 section 7.3); `localhost.example.org` is not one. */
export const isLocalhost = (url: string): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(hostOf(url));

export const isHttps = (url: string): boolean => /^https:/i.test(url);

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

/** Addresses that are not on the public internet (IANA special-purpose registries). */
const SPECIAL = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  SPECIAL.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  SPECIAL.addSubnet(network, prefix, 'ipv6');

/**
 * Whether a URL names a private, loopback or link-local address outright. A host name that resolves to one is refused
 * when the request is made, by the client that resolves it.
 */
export function namesPrivateAddress(url: string): boolean {
  const host = hostOf(url).replace(/^\[|\]$/g, '');
  const version = isIP(host);
  if (version === 0) return host === 'localhost' || host.endsWith('.localhost');
  return SPECIAL.check(host, version === 4 ? 'ipv4' : 'ipv6');
}
