import { isIP } from 'node:net';
import type { Secret } from '@gatehouse/kernel/secret';
import { exemptFromProxy } from './no-proxy.js';
import { OutboundFailure } from './outbound-failure.js';

/** An HTTP proxy of the network that this process is in. */
export interface EgressProxy {
  /** Its origin, `http:` or `https:`. */
  readonly url: string;
  /** `user:password` (RFC 7617). */
  readonly credentials?: Secret;
  /** PEM certificates that are trusted for a proxy over https, instead of the system's. */
  readonly caBundle?: Secret;
}

/** How requests leave the network: directly, or through a proxy. */
export interface WayOut {
  /** For `http:` URLs. */
  readonly httpProxy?: EgressProxy;
  /** For `https:` URLs. */
  readonly httpsProxy?: EgressProxy;
  /** Hosts that are reached directly, as curl reads `NO_PROXY`. */
  readonly noProxy: readonly string[];
  /**
   * The proxy itself refuses private addresses. Then it is also asked for names that strangers chose and that do not
   * resolve here.
   */
  readonly refusesPrivateAddresses: boolean;
}

/** What a connection is for, as undici names it. */
export interface Target {
  readonly protocol: string;
  /** An IPv6 address may stand in brackets. */
  readonly hostname: string;
  /** Empty for the scheme's own. */
  readonly port: string;
}

/** The proxy through which a target is reached; `undefined`: directly. */
export function proxyFor(
  wayOut: WayOut | undefined,
  { protocol, hostname }: Target,
): EgressProxy | undefined {
  const proxy = protocol === 'https:' ? wayOut?.httpsProxy : wayOut?.httpProxy;
  return proxy === undefined || exemptFromProxy(wayOut?.noProxy ?? [], hostname) ? undefined : proxy;
}

/** What of a request is said to the proxy itself. */
export interface Forwarding {
  /** Stands before the path. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
}

const DIRECTLY: Forwarding = { prefix: '', headers: {} };

/**
 * A proxy is asked for an `http:` URL in absolute form (RFC 9112 section 3.2.2), on a connection that ends at the proxy. An
 * `https:` URL goes through a tunnel, in which the proxy reads nothing.
 */
export function forwarding(wayOut: WayOut | undefined, url: URL): Forwarding {
  if (url.protocol !== 'http:') return DIRECTLY;
  const proxy = proxyFor(wayOut, url);
  return proxy === undefined ? DIRECTLY : { prefix: url.origin, headers: proxyHeaders(proxy) };
}

/** RFC 9110 section 15.5.8. */
export const PROXY_AUTHENTICATION_REQUIRED = 407;

export const proxyCredentialsRefused = (): OutboundFailure =>
  new OutboundFailure(
    'unreachable',
    false,
    'the proxy asks for other credentials (egress.proxy.credentials)',
  );

export const proxyHeaders = ({ credentials }: EgressProxy): Readonly<Record<string, string>> =>
  credentials === undefined
    ? {}
    : { 'proxy-authorization': `Basic ${Buffer.from(credentials.reveal()).toString('base64')}` };

/** The target of `CONNECT` (RFC 9112 section 3.2.3): the port is always written. */
export function authority({ hostname, port, protocol }: Target): string {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  return `${host}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}
