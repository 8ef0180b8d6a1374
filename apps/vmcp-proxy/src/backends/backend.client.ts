import type { ProxyBackend } from '@gatehouse/config/parts';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { safeConnector } from '@gatehouse/safe-fetch/safe-connector';
import {
  forwarding,
  PROXY_AUTHENTICATION_REQUIRED,
  proxyCredentialsRefused,
} from '@gatehouse/safe-fetch/way-out';
import { Pool } from 'undici';
import { BackendResponse, MAX_RESPONSE_BYTES } from './backend-response.client.js';
import type { Cancellation } from './cancellation.js';
import { ExchangeLimits, mostExchanges, type Purpose } from './exchange-limits.flow.js';
import { Reachability } from './reachability.js';
import { MAX_REDIRECTS, redirectOf } from './redirect.js';
import { isEventStream } from '../mcp/server-sent-events.js';

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  readonly deadlineAtMs: number;
  readonly purpose: Purpose;
  /** For whom; absent: callers that cannot be told apart. */
  readonly person: string | undefined;
  readonly cancellation?: Cancellation;
  /** How long the backend may take once it has the request. */
  readonly answerWithinMs?: number;
}

interface Target {
  /** Of this backend alone: another one on the same origin is not held up by it. */
  readonly pool: Pool;
  readonly limits: ExchangeLimits;
  readonly backend: string;
  readonly url: URL;
  /** Before the path, where a proxy is asked for an http URL. */
  readonly prefix: string;
  readonly headersToProxy: Readonly<Record<string, string>>;
  readonly reachability: Reachability;
}

const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;
/** Many servers close idle connections after five seconds without saying so; a request must not meet that. */
const KEEP_IDLE_MS = 4 * SECOND_MS;

/** Kept connections to the backends. Nothing in here belongs to a user: a connection carries whatever one request says. */
export class BackendClient {
  readonly #targets = new Map<string, Target>();

  constructor(backends: readonly ProxyBackend[]) {
    for (const backend of backends) {
      const url = new URL(backend.url);
      const { prefix, headers } = forwarding(backend.wayOut, url);
      this.#targets.set(backend.name, {
        pool: poolFor(url.origin, backend),
        limits: new ExchangeLimits(backend.name, backend.limits),
        backend: backend.name,
        url,
        prefix,
        headersToProxy: headers,
        reachability: new Reachability(),
      });
    }
  }

  /**
   * Sends one request; resolves with its headers. Redirects are followed within the backend's own origin.
   * @throws {GatehouseError} `busy`, `backend_unavailable`, `backend_redirects`, `deadline_exceeded`, or the reason of the
   * cancellation.
   */
  async send(backend: string, request: OutboundRequest): Promise<BackendResponse> {
    const target = this.#targets.get(backend);
    if (target === undefined) throw new GatehouseError('unknown_backend');
    let { url } = target;
    for (let hops = 0; ; hops += 1) {
      const response = await this.#exchange(target, url, request);
      const redirect = redirectOf(response, url);
      if (redirect === undefined) return response;
      // A redirect means that nothing ran; its response gives its place to the next request.
      await response.discard();
      if (redirect.kind === 'refused' || hops === MAX_REDIRECTS) throw redirects(backend, redirect.target);
      ({ url } = redirect);
    }
  }

  async #exchange(target: Target, url: URL, request: OutboundRequest): Promise<BackendResponse> {
    const { backend } = target;
    const beganAtMs = Date.now();
    if (target.reachability.isDown(beganAtMs))
      throw new GatehouseError('backend_unavailable', 'it could not be reached a moment ago', {
        details: { backend, ran: 'no' },
      });
    const slot = target.limits.enter(request.purpose, request.person);
    const noted = (error: GatehouseError | undefined): void => {
      slot.leave();
      target.reachability.note(error, beganAtMs, Date.now());
    };
    const response = new BackendResponse(backend, noted, request.answerWithinMs);
    response.expireAfter(Math.max(request.deadlineAtMs - beganAtMs, 0));
    request.cancellation?.attach((reason) => response.stop(reason));
    target.pool.dispatch(
      {
        path: target.prefix + url.pathname + url.search,
        method: request.method,
        headers: { ...request.headers, ...target.headersToProxy },
        body: request.body,
        // One absolute deadline instead: a backend that drips bytes must not hold a call open.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      response,
    );
    await response.started;
    if (target.prefix !== '' && response.status === PROXY_AUTHENTICATION_REQUIRED) {
      await response.discard();
      throw refusedByProxy(backend);
    }
    if (isEventStream(response.headers['content-type'])) slot.streams((reason) => response.stop(reason));
    return response;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#targets.values()].map(({ pool }) => pool.destroy()));
  }
}

/** Its operator has to write another URL, or mend the backend. */
const redirects = (backend: string, target: string): GatehouseError =>
  new GatehouseError('backend_redirects', `it redirects to ${target}`, {
    details: { backend, target, ran: 'no' },
  });

function refusedByProxy(backend: string): GatehouseError {
  const cause = proxyCredentialsRefused();
  return new GatehouseError('backend_unavailable', cause.message, { details: { backend, ran: 'no' }, cause });
}

const poolFor = (origin: string, backend: ProxyBackend): Pool =>
  new Pool(origin, {
    // The limits say no before anybody would have to wait for a connection.
    connections: mostExchanges(backend.limits),
    pipelining: 1,
    keepAliveTimeout: KEEP_IDLE_MS,
    maxResponseSize: MAX_RESPONSE_BYTES,
    allowH2: false,
    connect: safeConnector(backend, { connectTimeoutMs: CONNECT_TIMEOUT_MS }),
  });
