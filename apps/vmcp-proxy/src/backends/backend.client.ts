import type { ProxyBackend } from '@gatehouse/config/parts';
import { isAllowedHost } from '@gatehouse/config/urls/allowed-hosts';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { safeConnector } from '@gatehouse/safe-fetch/safe-connector';
import { Pool } from '@gatehouse/safe-fetch/undici-parts';
import {
  forwarding,
  PROXY_AUTHENTICATION_REQUIRED,
  proxyCredentialsRefused,
} from '@gatehouse/safe-fetch/way-out';
import { BackendResponse, MAX_RESPONSE_BYTES } from './backend-response.client.js';
import type { BackendWait } from './backend-wait.js';
import type { Cancellation } from './cancellation.js';
import {
  ExchangeLimits,
  mostExchanges,
  type Purpose,
  type Running,
  type Slot,
} from './exchange-limits.flow.js';
import { BackendHealth } from './backend-health.js';
import type { Admission } from './circuit-breaker.js';
import { CircuitOpen } from './circuit-open.js';
import { findingOfEnd, findingOfStatus, isUnreachable, type Finding } from './exchange-evidence.js';
import { MAX_REDIRECTS, redirectOf, redirects } from './redirect.js';
import { isEventStream } from '../mcp/server-sent-events.js';
import { SseWay, type StreamListener } from './sse-way.client.js';
import type { SignRequest } from '../outgoing-auth/request-signature.js';
import { PoolWay, type Way } from './way.client.js';

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  readonly deadlineAtMs: number;
  readonly purpose: Purpose;
  /** For whom; absent: callers that cannot be told apart. */
  readonly person: string | undefined;
  readonly cancellation?: Cancellation | undefined;
  /** How long the backend may take once it has the request. */
  readonly answerWithinMs?: number | undefined;
  /** It is `initialize`. */
  readonly isIntroduction?: boolean | undefined;
  /** Signs it as it goes over the wire. */
  readonly sign?: SignRequest | undefined;
  /** Of what it carries. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Hears of the exchange before it is answered. */
  readonly began?: ((exchange: Pick<BackendResponse, 'expireAfter'>) => void) | undefined;
  /** Hears from when to when the backend is waited for: until the headers of an event stream, or the end of any other response. */
  readonly wait?: BackendWait | undefined;
}

/** Where requests to a backend go, as it was configured when it was asked for. */
export interface Target {
  /** Of this backend alone: another one on the same origin is not held up by it. */
  readonly way: Way;
  readonly limits: ExchangeLimits;
  readonly backend: string;
  readonly url: URL;
  /** Before the path, where a proxy is asked for an http URL. */
  readonly prefix: string;
  readonly health: BackendHealth;
  /** Of one call. */
  readonly timeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;
/** Who cannot be reached at once is not dialled twice for as long as that takes. */
const AGAIN_WITHIN_MS = SECOND_MS;
/** Many servers close idle connections after five seconds without saying so; a request must not meet that. */
const KEEP_IDLE_MS = 4 * SECOND_MS;

/** Kept connections to the backends. Nothing in here belongs to a user: a connection carries whatever one request says. */
export class BackendClient {
  #targets: ReadonlyMap<string, Target> = new Map();
  /** Of earlier configurations, as long as something runs there. */
  readonly #retired = new Set<Target>();
  #listener: StreamListener | undefined;

  constructor(
    backends: readonly ProxyBackend[],
    healths: ReadonlyMap<string, BackendHealth> = new Map(),
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.exchange(backends, healths, new Set());
  }

  /**
   * From now on requests go where these say. What runs goes on where it is.
   * @param kept names of those whose connections stay, with everything that runs there
   */
  exchange(
    backends: readonly ProxyBackend[],
    healths: ReadonlyMap<string, BackendHealth>,
    kept: ReadonlySet<string>,
  ): void {
    const earlier = this.#targets;
    const targets = backends.map((backend): [string, Target] => {
      const known = kept.has(backend.name) ? earlier.get(backend.name) : undefined;
      const { timeoutMs } = backend;
      return [backend.name, known === undefined ? this.#made(backend, healths) : { ...known, timeoutMs }];
    });
    this.#targets = new Map(targets);
    for (const [name, target] of earlier)
      if (this.#targets.get(name)?.way !== target.way) this.#retired.add(target);
  }

  #made(backend: ProxyBackend, healths: ReadonlyMap<string, BackendHealth>): Target {
    const { nowMs } = this;
    const url = new URL(backend.url);
    const { prefix, headers } = forwarding(backend.wayOut, url);
    const way = (connections: number, maxResponseSize: number): Way =>
      new PoolWay(poolFor(url.origin, backend, { connections, maxResponseSize }), prefix, headers);
    return {
      way: new SseWay({
        backend: backend.name,
        // The limits say no before anybody would have to wait for a connection.
        calls: way(mostExchanges(backend.limits), MAX_RESPONSE_BYTES),
        // Each message on such a stream is bounded, and there is no end of them.
        streams: way(backend.limits.streams, -1),
        isConfigured: backend.transport === 'sse',
        limits: backend.limits,
        listener: {
          lost: (...lost) => this.#listener?.lost(...lost),
          asked: (...asked) => this.#listener?.asked(...asked),
        },
        nowMs,
      }),
      limits: new ExchangeLimits(backend.name, backend.limits),
      backend: backend.name,
      url,
      prefix,
      health: healths.get(backend.name) ?? new BackendHealth(backend.name, backend.failureHandling, nowMs),
      timeoutMs: backend.timeoutMs,
    };
  }

  /** Where requests to the backend go now. @throws {GatehouseError} `unknown_backend` */
  targetOf(backend: string): Target {
    const target = this.#targets.get(backend);
    if (target === undefined) throw new GatehouseError('unknown_backend');
    return target;
  }

  /** Whether calls or streams run where requests to a backend went earlier. */
  isBusy({ limits }: Pick<Target, 'limits'>): boolean {
    const { calls, streams } = limits.running;
    return calls + streams > 0;
  }

  /** Nothing is sent there any more. */
  async end(target: Target): Promise<void> {
    this.#retired.delete(target);
    await target.way.destroy();
  }

  /**
   * Sends one request; resolves with its headers. Redirects are followed within the backend's own origin.
   * @throws {GatehouseError} `busy`, `backend_unavailable`, `backend_redirects`, `deadline_exceeded`, or the reason of the
   * cancellation.
   */
  async send(
    backend: string,
    request: OutboundRequest,
    target = this.targetOf(backend),
  ): Promise<BackendResponse> {
    let { url } = target;
    for (let hops = 0; ; hops += 1) {
      if (request.allowedHosts !== undefined && !isAllowedHost(request.allowedHosts, url))
        throw forbiddenHost(backend);
      const response = await this.#exchange(target, url, request);
      const redirect = redirectOf(response, url);
      if (redirect === undefined) return response;
      // A redirect means that nothing ran; its response gives its place to the next request.
      await response.discard();
      if (redirect.kind === 'refused' || hops === MAX_REDIRECTS) throw redirects(backend, redirect.target);
      ({ url } = redirect);
    }
  }

  /** @param listener hears of sessions that are a stream. */
  hear(listener: StreamListener): void {
    this.#listener = listener;
  }

  /** Nobody uses that session of the backend any more. */
  release(backend: string, sessionId: string): void {
    for (const target of [this.#targets.get(backend), ...this.#retired])
      if (target?.backend === backend) target.way.release?.(sessionId);
  }

  /** How many exchanges run at the backend, by what they are. */
  running(backend: string): Running {
    return this.#targets.get(backend)?.limits.running ?? { calls: 0, streams: 0 };
  }

  /**
   * A connection that cannot be made is tried once more, in the time of the request: nobody can have got it. Nothing else is
   * ever sent twice from here (ADR 31).
   */
  async #exchange(target: Target, url: URL, request: OutboundRequest): Promise<BackendResponse> {
    const beganAtMs = this.nowMs();
    const { purpose, person } = request;
    // A call comes right after it, and tells how the backend is.
    if (purpose === 'session' && target.health.closedOffForMs > 0)
      throw new CircuitOpen(target.backend, target.health.closedOffForMs);
    const isCounted = purpose !== 'probe' && purpose !== 'session';
    const admission = isCounted ? admitted(target, person) : undefined;
    const dialling = { again: false };
    const first = { target, url, request, admission, beganAtMs };
    let sent = this.#send({
      ...first,
      counts: (error) => {
        dialling.again = mayDialAgain(request, error) && this.nowMs() - beganAtMs < AGAIN_WITHIN_MS;
        return !dialling.again;
      },
    });
    try {
      await sent.response.started;
    } catch (error) {
      if (!dialling.again) throw error;
      sent = this.#send({ ...first, beganAtMs: this.nowMs(), counts: () => true });
      await sent.response.started;
    }
    const { response, slot } = sent;
    if (isOfProxy(response.status, target.prefix)) {
      await response.discard();
      throw refusedByProxy(target.backend);
    }
    if (isEventStream(response.headers['content-type'])) slot.streams((reason) => response.stop(reason));
    return response;
  }

  /** @throws {GatehouseError} `busy` */
  #send({ target, url, request, admission, beganAtMs, counts }: Sending): Sent {
    const { backend, health, prefix, timeoutMs } = target;
    const { answerWithinMs, wait } = request;
    let isKnown = admission === undefined;
    const note = (finding: Finding | undefined): void => {
      if (isKnown || finding === undefined || admission === undefined) return;
      isKnown = true;
      health.note(admission, finding);
    };
    const slot = entered(target, request, note);
    const allowedMs = Math.max(request.deadlineAtMs - Date.now(), 0);
    let isPassedOn = false;
    const response: BackendResponse = new BackendResponse(
      backend,
      (error) => {
        slot.leave();
        if (!isPassedOn) wait?.ended(this.nowMs(), false);
        const { wasStopped: stopped, status } = response;
        const fair = request.purpose === 'call' && answerWithinMs === undefined ? { allowedMs } : {};
        if (counts(error)) note(findingOfEnd({ error, begun: status > 0, stopped, timeoutMs, ...fair }));
      },
      answerWithinMs,
      {
        begun: (status) => {
          isPassedOn = status < 300 && isEventStream(response.headers['content-type']);
          if (isPassedOn) wait?.ended(this.nowMs(), true);
          const finding = isOfProxy(status, prefix) ? NOTHING : findingOfStatus(status);
          // On a feed nothing may be said for an hour: its beginning is the answer.
          note(finding ?? (request.purpose === 'feed' ? { evidence: 'answered' } : undefined));
        },
        moved: () => note({ evidence: 'answered' }),
      },
    );
    response.expireAfter(allowedMs);
    request.began?.(response);
    wait?.began(beganAtMs);
    request.cancellation?.attach((reason) => response.stop(reason));
    const { method, headers, body, person, sign, isIntroduction = false } = request;
    const isRedirected = url !== target.url;
    try {
      const sent = { url, method, headers, body, person, sign, isIntroduction, isRedirected };
      target.way.dispatch(sent, response);
    } catch (error) {
      // It gives its place back now, and rejects while somebody waits for it.
      response.onResponseError(undefined, GatehouseError.from(error));
    }
    return { response, slot };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#targets.values(), ...this.#retired].map(({ way }) => way.destroy()));
  }
}

interface Sending {
  readonly target: Target;
  readonly url: URL;
  readonly request: OutboundRequest;
  /** Absent for a probe, which tells its outcome itself. */
  readonly admission: Admission | undefined;
  readonly beganAtMs: number;
  /** Whether its end says something of the backend. */
  readonly counts: (error: GatehouseError | undefined) => boolean;
}

interface Sent {
  /** It may not have begun. */
  readonly response: BackendResponse;
  readonly slot: Slot;
}

/** The configuration is refused where they do not agree, so this is the second lock. */
const forbiddenHost = (backend: string): GatehouseError =>
  new GatehouseError('backend_unavailable', 'its host is none that the credential may go to', {
    details: { backend, ran: 'no' },
  });

const NOTHING: Finding = { evidence: 'none' };

/** The proxy on the way out answered for itself. */
const isOfProxy = (status: number, prefix: string): boolean =>
  prefix !== '' && status === PROXY_AUTHENTICATION_REQUIRED;

const mayDialAgain = ({ purpose, cancellation, deadlineAtMs }: OutboundRequest, error: unknown): boolean =>
  purpose === 'call' &&
  isUnreachable(error) &&
  cancellation?.reason === undefined &&
  Date.now() < deadlineAtMs;

/** Takes a place. @throws {GatehouseError} `busy`, which is not the backend's doing. */
function entered(target: Target, request: OutboundRequest, note: (finding: Finding) => void): Slot {
  try {
    return target.limits.enter(request.purpose, request.person);
  } catch (error) {
    note(NOTHING);
    throw error;
  }
}

/** @throws {CircuitOpen} */
function admitted({ backend, health }: Target, person: string | undefined): Admission {
  const admission = health.admit(person);
  if (admission === undefined) throw new CircuitOpen(backend, health.closedOffForMs);
  return admission;
}

function refusedByProxy(backend: string): GatehouseError {
  const cause = proxyCredentialsRefused();
  return new GatehouseError('backend_unavailable', cause.message, { details: { backend, ran: 'no' }, cause });
}

const poolFor = (
  origin: string,
  backend: ProxyBackend,
  bounds: { readonly connections: number; readonly maxResponseSize: number },
): InstanceType<typeof Pool> =>
  new Pool(origin, {
    ...bounds,
    pipelining: 1,
    keepAliveTimeout: KEEP_IDLE_MS,
    allowH2: false,
    connect: safeConnector(backend, { connectTimeoutMs: CONNECT_TIMEOUT_MS }),
  });
