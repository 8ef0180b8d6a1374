import type { IncomingMessage } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import proxyAddress from '@fastify/proxy-addr';

/** Names the sender of a request, as far as limits tell callers apart. */
export type CallerOf = (request: IncomingMessage) => string;

/** A connection that was reset has no address any more, and nobody reads its response. */
const GONE = 'gone';

/**
 * The address that the connection comes from. If that is a trusted proxy, it is the address that the proxy added to
 * `X-Forwarded-For`, and so on. Everything before the first untrusted address may be made up by the caller.
 */
export function callerBehind(trustedProxies: readonly string[]): CallerOf {
  const isTrusted = proxyAddress.compile([...trustedProxies]);
  return (request) =>
    request.socket.remoteAddress === undefined ? GONE : networkOf(proxyAddress(request, isTrusted));
}

/** Whether a connection comes from a trusted proxy. One that was reset does not. */
export function fromTrusted(
  trustedProxies: readonly string[],
): (socket: Pick<Socket, 'remoteAddress'>) => boolean {
  const isTrusted = proxyAddress.compile([...trustedProxies]);
  return ({ remoteAddress }) => remoteAddress !== undefined && isTrusted(remoteAddress, 0);
}

/** Names the owner of a connection; none for a trusted proxy, which speaks for many. */
export function peerUnless(trustedProxies: readonly string[]): (socket: Socket) => string | undefined {
  const isTrusted = proxyAddress.compile([...trustedProxies]);
  return ({ remoteAddress }) =>
    remoteAddress === undefined || isTrusted(remoteAddress, 0) ? undefined : networkOf(remoteAddress);
}

/** The owner of an IPv6 address has its whole /64 network (RFC 4291, section 2.5.4), which therefore counts as one caller. */
export function networkOf(address: string): string {
  const bare = address.split('%')[0] ?? '';
  if (!isIPv6(bare) || bare.includes('.')) return address;
  const [head = '', tail] = bare.split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean));
  const zeros = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0);
  const groups = [...(before ?? []), ...Array<string>(zeros).fill('0'), ...(after ?? [])];
  return groups.slice(0, 4).join(':');
}
