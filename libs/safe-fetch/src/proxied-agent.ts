import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { buildConnector } from 'undici';
import type { EgressRules } from './egress-rules.js';
import { safeConnector } from './safe-connector.js';
import { proxyFor, type EgressProxy } from './way-out.js';

const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;

type Created = (error: Error | null, stream: Duplex) => void;

/**
 * An agent of Node's own client for a server that the operator chose, and that is reached through a proxy: for libraries that
 * bring a client with them.
 * @returns `undefined` where it is reached directly.
 */
export function proxiedAgent(
  rules: Pick<EgressRules, 'wayOut' | 'caBundle' | 'insecureAllowHttp'>,
  target: URL,
): HttpAgent | undefined {
  const proxy = proxyFor(rules.wayOut, target);
  if (proxy === undefined) return undefined;
  // Requests in absolute form (RFC 9112 section 3.2.2), which only the client itself can write.
  if (target.protocol === 'http:')
    return new HttpAgent({ keepAlive: true, proxyEnv: { HTTP_PROXY: urlOf(proxy) } });
  return new TunnelAgent(
    safeConnector({ ...rules, allowPrivateIps: true }, { connectTimeoutMs: CONNECT_TIMEOUT_MS }),
  );
}

/** Each connection is TLS with the server, in a tunnel. */
class TunnelAgent extends HttpsAgent {
  constructor(private readonly connect: buildConnector.connector) {
    super({ keepAlive: true });
  }

  override createConnection({ host, port }: AgentOptions, created?: Created): undefined {
    const hostname = host ?? 'localhost';
    this.connect({ hostname, host: hostname, protocol: 'https:', port: String(port ?? '') }, (...answer) => {
      const [error, socket] = answer;
      // Node's own callers give up on an error, and look at nothing else.
      if (error === null) created?.(null, socket);
      else created?.(error, undefined as unknown as Duplex);
    });
  }
}

function urlOf({ url, credentials }: EgressProxy): string {
  const written = new URL(url);
  const [user = '', ...password] = credentials?.reveal().split(':') ?? [];
  written.username = encodeURIComponent(user);
  written.password = encodeURIComponent(password.join(':'));
  return written.href;
}
