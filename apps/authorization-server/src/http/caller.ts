import type { IncomingMessage } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import proxyAddress from '@fastify/proxy-addr';

/** Who sends a request, as far as limits tell callers apart. */
export type CallerOf = (request: IncomingMessage) => string;

/** A connection that was reset has no address any more: nobody hears what is answered. */
const GONE = 'gone';

/**
 * The address that the connection comes from. Where that is a trusted proxy, the address that it wrote into
 * `X-Forwarded-For`, and so on; what stands before the first untrusted address is the caller's own invention.
 */
export function callerBehind(trustedProxies: readonly string[]): CallerOf {
  const isTrusted = proxyAddress.compile([...trustedProxies]);
  return (request) =>
    request.socket.remoteAddress === undefined ? GONE : networkOf(proxyAddress(request, isTrusted));
}

/** Whose connection it is; a trusted proxy speaks for many and has no name. */
export function peerUnless(trustedProxies: readonly string[]): (socket: Socket) => string | undefined {
  const isTrusted = proxyAddress.compile([...trustedProxies]);
  return ({ remoteAddress }) =>
    remoteAddress === undefined || isTrusted(remoteAddress, 0) ? undefined : networkOf(remoteAddress);
}

/** Whoever has an IPv6 address has the other 2^64 of its network as well (RFC 4291, section 2.5.4): they are one caller. */
export function networkOf(address: string): string {
  const bare = address.split('%')[0] ?? '';
  if (!isIPv6(bare) || bare.includes('.')) return address;
  const [head = '', tail] = bare.split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean));
  const zeros = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0);
  const groups = [...(before ?? []), ...Array<string>(zeros).fill('0'), ...(after ?? [])];
  return groups.slice(0, 4).join(':');
}
