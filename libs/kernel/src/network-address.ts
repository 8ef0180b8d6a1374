import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * `public`: routed on the Internet. `private`: inside a private network, reachable only where the configuration says
 * so. `forbidden`: never a server of ours or of a provider (link-local with the cloud metadata services, multicast,
 * unspecified, reserved).
 */
export type AddressKind = 'public' | 'private' | 'forbidden';

/** IANA IPv4 Special-Purpose Address Registry (RFC 6890). */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
];

const FORBIDDEN_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  // A cloud's metadata service in the shared address space.
  ['100.100.100.200', 32],
  // The host of a cloud's virtual machines, under an address that looks public.
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

const PRIVATE_V6: readonly (readonly [string, number])[] = [
  ['::1', 128],
  ['fc00::', 7],
];

/** Inside global unicast: protocol assignments with Teredo, documentation, 6to4 (its embedded address is not dialled by us). */
const FORBIDDEN_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  // Metadata services of clouds in the unique local range.
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
];

const GLOBAL_UNICAST_V6: readonly (readonly [string, number])[] = [['2000::', 3]];
/** IPv4-mapped, and the well-known NAT64 prefix (RFC 6052): judged by the IPv4 address inside. */
const EMBEDS_V4: readonly (readonly [string, number])[] = [
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
];

const listOf = (subnets: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family);
  return list;
};

const privateV4 = listOf(PRIVATE_V4, 'ipv4');
const forbiddenV4 = listOf(FORBIDDEN_V4, 'ipv4');
const privateV6 = listOf(PRIVATE_V6, 'ipv6');
const forbiddenV6 = listOf(FORBIDDEN_V6, 'ipv6');
const globalV6 = listOf(GLOBAL_UNICAST_V6, 'ipv6');
const embedsV4 = listOf(EMBEDS_V4, 'ipv6');

/** The kind of an address. A text that is no IP address is `forbidden`. */
export function addressKind(address: string): AddressKind {
  if (isIPv4(address)) return kindOfV4(address);
  if (!isIPv6(address) || address.includes('%')) return 'forbidden';
  if (embedsV4.check(address, 'ipv6')) return kindOfV4(embeddedV4(address));
  if (forbiddenV6.check(address, 'ipv6')) return 'forbidden';
  if (privateV6.check(address, 'ipv6')) return 'private';
  return globalV6.check(address, 'ipv6') ? 'public' : 'forbidden';
}

/**
 * What the host of a URL says about its address by itself, as validation and the HTTP client judge it: an address in
 * whatever spelling (`URL` knows decimal, octal and hexadecimal ones), or a name of this machine (RFC 6761 section 6.3).
 * @returns `undefined` for a name that has to be resolved; `forbidden` for what is no host
 */
export function hostKind(host: string): AddressKind | undefined {
  const url = URL.parse(`http://${isIPv6(host) ? `[${host}]` : host}`);
  if (url === null) return 'forbidden';
  const name = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(name) !== 0) return addressKind(name);
  return name === 'localhost' || name.endsWith('.localhost') ? 'private' : undefined;
}

function kindOfV4(address: string): AddressKind {
  if (forbiddenV4.check(address, 'ipv4')) return 'forbidden';
  return privateV4.check(address, 'ipv4') ? 'private' : 'public';
}

/** The last 32 bits; the URL parser gives the one canonical form, always in hexadecimal groups. */
function embeddedV4(address: string): string {
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split(':');
  const [high = 0, low = 0] = groups.slice(-2).map((group) => Number.parseInt(group || '0', 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
