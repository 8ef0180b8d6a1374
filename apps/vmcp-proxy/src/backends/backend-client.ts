import type { ProxyBackend } from '@gatehouse/config/parts';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { safeConnector } from '@gatehouse/safe-fetch/safe-connector';
import { Pool } from 'undici';
import { BackendResponse } from './backend-response.js';
import type { Cancellation } from './cancellation.js';
import { Reachability } from './reachability.js';

export interface OutboundRequest {
  readonly method: 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  readonly deadlineAtMs: number;
  readonly cancellation?: Cancellation;
}

interface Target {
  readonly pool: Pool;
  readonly path: string;
  readonly reachability: Reachability;
}

const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;
const MOST_CONNECTIONS = 256;
/** Many servers close idle connections after five seconds without saying so; a request must not meet that. */
const KEEP_IDLE_MS = 4 * SECOND_MS;
const MOST_RESPONSE_BYTES = 67_108_864;

/** Kept connections to the backends. Nothing in here belongs to a user: a connection carries whatever one request says. */
export class BackendClient {
  readonly #targets = new Map<string, Target>();
  readonly #pools = new Map<string, Pool>();

  constructor(backends: readonly ProxyBackend[]) {
    for (const backend of backends) {
      const url = new URL(backend.url);
      this.#targets.set(backend.name, {
        pool: this.#poolOf(url.origin, backend),
        path: url.pathname + url.search,
        reachability: new Reachability(),
      });
    }
  }

  /**
   * Sends one request; resolves with its headers. Redirects are not followed.
   * @throws {GatehouseError} `backend_unavailable`, `deadline_exceeded`, or the reason of the cancellation.
   */
  async send(backend: string, request: OutboundRequest): Promise<BackendResponse> {
    const target = this.#targets.get(backend);
    if (target === undefined) throw new GatehouseError('unknown_backend');
    if (target.reachability.isDown(Date.now()))
      throw new GatehouseError('backend_unavailable', 'it could not be reached a moment ago', {
        details: { backend, ran: 'no' },
      });
    const response = new BackendResponse(backend, (error) => target.reachability.note(error, Date.now()));
    response.expireAfter(Math.max(request.deadlineAtMs - Date.now(), 0));
    request.cancellation?.attach((reason) => response.stop(reason));
    target.pool.dispatch(
      {
        path: target.path,
        method: request.method,
        headers: request.headers,
        body: request.body,
        // One absolute deadline instead: a backend that drips bytes must not hold a call open.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      response,
    );
    return await response.started;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  /** One pool per origin and egress rules. */
  #poolOf(origin: string, { allowPrivateIps, insecureAllowHttp }: ProxyBackend): Pool {
    const key = `${origin} ${allowPrivateIps} ${insecureAllowHttp}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: MOST_CONNECTIONS,
        pipelining: 1,
        keepAliveTimeout: KEEP_IDLE_MS,
        maxResponseSize: MOST_RESPONSE_BYTES,
        allowH2: false,
        connect: safeConnector(
          { allowPrivateIps, insecureAllowHttp },
          { connectTimeoutMs: CONNECT_TIMEOUT_MS },
        ),
      });
      this.#pools.set(key, pool);
    }
    return pool;
  }
}
