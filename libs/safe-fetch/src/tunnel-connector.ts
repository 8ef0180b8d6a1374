import { request, type IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { refusalOfAny, tlsOptions, type EgressRules } from './egress-rules.js';
import { NameNotResolved, OutboundFailure, unreachable } from './outbound-failure.js';
import type { ResolveAll, SafeConnectorOptions } from './safe-connector.js';
import { connectorOf } from './undici-parts.js';
import {
  authority,
  PROXY_AUTHENTICATION_REQUIRED,
  proxyCredentialsRefused,
  proxyHeaders,
  type EgressProxy,
} from './way-out.js';

/** Names that only a proxy can resolve are not waited for any longer. */
const MAX_RESOLVING_MS = 2_000;

type Connect = (target: buildConnector.Options, proxy: EgressProxy, done: buildConnector.Callback) => void;

/**
 * Connects through a proxy: `CONNECT` for https (RFC 9110 section 9.3.6), the connection to the proxy itself for http. The
 * name is resolved and judged here first. What is behind the tunnel is proven by its certificate, for the name that was
 * judged: a proxy that resolves the name otherwise leads to nothing that could read the request.
 */
export function tunnelConnector(
  rules: EgressRules,
  options: Required<SafeConnectorOptions>,
  connectorTo: (proxy: EgressProxy) => buildConnector.connector,
): Connect {
  const secured = connectorOf({ timeout: options.connectTimeoutMs, ...tlsOptions(rules) });
  const connect = async (
    target: buildConnector.Options,
    proxy: EgressProxy,
    signal: AbortSignal,
  ): Promise<Socket> => {
    await judge(target.hostname, rules, options.resolve);
    const toProxy = await connected(connectorTo(proxy), targetOf(proxy), signal);
    if (target.protocol === 'http:') return toProxy;
    const tunnel = await opened(toProxy, target, proxy, signal);
    return await connected(secured, { ...target, httpSocket: tunnel }, signal);
  };
  return (target, proxy, done) => {
    // All of it together takes no longer than a direct connection may.
    const signal = AbortSignal.timeout(options.connectTimeoutMs);
    connect(target, proxy, signal).then(
      (socket) => done(null, socket),
      (error: unknown) => done(signal.aborted ? tooLate(error) : unreachable(asError(error)), null),
    );
  };
}

/** @throws {OutboundFailure} for an address that the rules refuse, or a name that nobody here can judge. */
async function judge(hostname: string, rules: EgressRules, resolve: ResolveAll): Promise<void> {
  if (isIP(hostname) !== 0) return;
  const addresses = await resolved(hostname, resolve);
  if (addresses !== undefined && addresses.length > 0) {
    const refusal = refusalOfAny(addresses, rules);
    if (refusal !== undefined) throw refusal;
  } else if (rules.ofStrangers === true && rules.wayOut?.refusesPrivateAddresses !== true)
    throw new NameNotResolved();
}

type Addresses = Parameters<Parameters<ResolveAll>[1]>[1];

/** @returns `undefined` for a name that does not resolve here. */
const resolved = async (hostname: string, resolve: ResolveAll): Promise<Addresses | undefined> =>
  await new Promise((settle) => {
    const late = setTimeout(() => settle(undefined), MAX_RESOLVING_MS);
    resolve(hostname, (error, addresses) => {
      clearTimeout(late);
      settle(error === null ? addresses : undefined);
    });
  });

async function connected(
  connect: buildConnector.connector,
  target: buildConnector.Options,
  signal: AbortSignal,
): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    connect(target, (...[error, socket]: Parameters<buildConnector.Callback>) => {
      if (error !== null) reject(error);
      else if (signal.aborted) {
        socket.destroy();
        reject(asError(signal.reason));
      } else resolve(socket);
    });
  });
}

/** Asks the proxy for the tunnel. Its answer is said by status only: its text may hold anything. */
async function opened(
  toProxy: Socket,
  target: buildConnector.Options,
  proxy: EgressProxy,
  signal: AbortSignal,
): Promise<Socket> {
  const path = authority(target);
  const asked = request({
    method: 'CONNECT',
    path,
    headers: { host: path, ...proxyHeaders(proxy) },
    createConnection: () => toProxy,
  });
  const giveUp = (): void => void toProxy.destroy(asError(signal.reason));
  signal.addEventListener('abort', giveUp);
  const tunnel = new Promise<Socket>((resolve, reject) => {
    asked.once('connect', ({ statusCode }: IncomingMessage, socket: Socket, head: Buffer) => {
      // What a server says before it is asked belongs to no protocol that is spoken here.
      if (statusCode === 200 && head.length === 0) resolve(socket);
      else {
        socket.destroy();
        reject(refused(statusCode ?? 0));
      }
    });
    // Statuses other than 2xx, where the connection could go on as HTTP.
    asked.once('response', (response: IncomingMessage) => {
      toProxy.destroy();
      reject(refused(response.statusCode ?? 0));
    });
    asked.once('error', (error) => {
      toProxy.destroy();
      reject(error);
    });
    asked.end();
  });
  return await tunnel.finally(() => signal.removeEventListener('abort', giveUp));
}

const refused = (status: number): OutboundFailure =>
  status === PROXY_AUTHENTICATION_REQUIRED
    ? proxyCredentialsRefused()
    : new OutboundFailure(
        'unreachable',
        false,
        `the proxy refused the connection with HTTP status ${status}`,
      );

/** The request itself was not sent. */
const tooLate = (error: unknown): OutboundFailure =>
  OutboundFailure.in(error) ??
  new OutboundFailure('timeout', false, 'no connection through the proxy in time', { cause: error });

function targetOf({ url }: EgressProxy): buildConnector.Options {
  const { protocol, hostname, host, port } = new URL(url);
  return { protocol, hostname, host, port };
}

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error('no connection', { cause: error });
