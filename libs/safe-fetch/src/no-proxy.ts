import { BlockList, isIP } from 'node:net';

/**
 * Whether a host is reached without the proxy, by the rules of curl: `*` alone is every host; `example.org` (or
 * `.example.org`) is that host and every host below it; an address is itself; a network (`10.0.0.0/8`) holds addresses that
 * a URL names, never those that a name resolves to. Case and a final dot do not count.
 */
export function exemptFromProxy(entries: readonly string[], hostname: string): boolean {
  const host = bare(hostname);
  const version = isIP(host);
  return entries.some((entry) => {
    if (entry === '*') return true;
    return version === 0 ? isBelow(host, bare(entry)) : holdsAddress(entry, host, version);
  });
}

function isBelow(host: string, entry: string): boolean {
  const domain = entry.replace(/^\./, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function holdsAddress(entry: string, address: string, version: number): boolean {
  const [network = '', length] = bare(entry).split('/');
  const ofNetwork = isIP(unbracketed(network));
  if (ofNetwork !== version) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const most = version === 4 ? 32 : 128;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (bits < 0 || bits > most) return false;
  const list = new BlockList();
  list.addSubnet(unbracketed(network), bits, family);
  return list.check(address, family);
}

const bare = (host: string): string => unbracketed(host.toLowerCase()).replace(/\.$/, '');

const unbracketed = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');
