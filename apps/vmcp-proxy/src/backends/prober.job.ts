import type { ProxyBackend } from '@gatehouse/config/parts';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { BackendClient } from './backend.client.js';
import type { BackendHealth, ProbeOutcome } from './backend-health.js';
import { Cancellation } from './cancellation.js';
import { findingOfEnd, findingOfStatus } from './exchange-evidence.js';
import { ENDS_ITSELF_WITHIN_MS } from '../mcp/server-sent-events.js';

interface ProberSurroundings {
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** Replicas that start together do not probe together. */
const JITTER = 0.2;
/** Every revision has an answer to it, be it that there is no such session, method or caller. It asks for nothing. */
const PING = JSON.stringify({ jsonrpc: '2.0', id: 'gatehouse-probe', method: 'ping' });
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const MAX_SESSION_ID_LENGTH = 1_024;
const STOPPED = new GatehouseError('unavailable', 'the proxy stops');

type Way = Pick<BackendClient, 'send'>;

/**
 * Asks each backend now and then whether it is there. A probe carries nobody's credential, so a backend that says 401 is as
 * alive as one that answers. It is sent as calls are sent, by the same rules for addresses and redirects.
 */
export class Prober {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #running = new Set<Cancellation>();
  #isStopped = false;

  constructor(
    private backends: readonly Pick<ProxyBackend, 'name' | 'failureHandling'>[],
    private readonly way: Way,
    private readonly healths: ReadonlyMap<string, Pick<BackendHealth, 'probed'>>,
    private readonly surroundings: ProberSurroundings = {
      nowMs: () => performance.now(),
      random: Math.random,
    },
  ) {}

  start(): void {
    for (const backend of this.backends) this.#begin(backend);
  }

  #begin(backend: Pick<ProxyBackend, 'name' | 'failureHandling'>): void {
    const { healthCheckIntervalMs } = backend.failureHandling;
    if (healthCheckIntervalMs > 0) this.#after(healthCheckIntervalMs * this.surroundings.random(), backend);
  }

  /** From now on these are asked; those that stay the same keep their turn. */
  exchange(
    backends: readonly Pick<ProxyBackend, 'name' | 'failureHandling'>[],
    kept: ReadonlySet<string>,
  ): void {
    const earlier = new Map(this.backends.map((backend) => [backend.name, backend]));
    this.backends = backends.map((backend) =>
      kept.has(backend.name) ? (earlier.get(backend.name) ?? backend) : backend,
    );
    for (const [name, backend] of earlier)
      if (!this.backends.includes(backend)) {
        clearTimeout(this.#timers.get(name));
        this.#timers.delete(name);
      }
    for (const backend of this.backends) if (earlier.get(backend.name) !== backend) this.#begin(backend);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const cancellation of this.#running) cancellation.cancel(STOPPED);
  }

  #after(ms: number, backend: Pick<ProxyBackend, 'name' | 'failureHandling'>): void {
    if (this.#isStopped || !this.backends.includes(backend)) return;
    const timer = setTimeout(() => {
      void this.#probe(backend).then(() => {
        const { healthCheckIntervalMs } = backend.failureHandling;
        this.#after(healthCheckIntervalMs * (1 - JITTER / 2 + JITTER * this.surroundings.random()), backend);
      });
    }, ms);
    this.#timers.set(backend.name, timer.unref());
  }

  /** Never rejects. */
  async #probe({ name, failureHandling }: Pick<ProxyBackend, 'name' | 'failureHandling'>): Promise<void> {
    const cancellation = new Cancellation();
    this.#running.add(cancellation);
    const beganAtMs = this.surroundings.nowMs();
    const outcome = await this.#ask(name, failureHandling.healthCheckTimeoutMs, cancellation);
    this.#running.delete(cancellation);
    if (outcome !== undefined) this.healths.get(name)?.probed({ ...outcome, beganAtMs });
  }

  /** @returns `undefined` when it says nothing of the backend. */
  async #ask(
    backend: string,
    timeoutMs: number,
    cancellation: Cancellation,
  ): Promise<Omit<ProbeOutcome, 'beganAtMs'> | undefined> {
    try {
      const deadlineAtMs = Date.now() + timeoutMs;
      const request = { headers: HEADERS, body: PING, deadlineAtMs, person: undefined, cancellation };
      const response = await this.way.send(backend, { ...request, method: 'POST', purpose: 'probe' });
      const { status } = response;
      this.#endSession(backend, response.headers['mcp-session-id'], timeoutMs);
      // The connection can be used again if the end comes by itself.
      response.expireAfter(ENDS_ITSELF_WITHIN_MS);
      void response.discard();
      if (status < 500) return { isAlive: true, status };
      return { isAlive: false, status, code: findingOfStatus(status)?.code ?? 'http_5xx' };
    } catch (error) {
      return outcomeOf(GatehouseError.from(error), timeoutMs);
    }
  }

  /** Some servers begin a session for whatever comes without one. */
  #endSession(backend: string, sessionId: string | readonly string[] | undefined, timeoutMs: number): void {
    if (typeof sessionId !== 'string' || sessionId.length > MAX_SESSION_ID_LENGTH) return;
    const request = { headers: { 'mcp-session-id': sessionId }, body: null, person: undefined };
    const deadlineAtMs = Date.now() + timeoutMs;
    this.way
      .send(backend, { ...request, method: 'DELETE', deadlineAtMs, purpose: 'probe' })
      .then((response) => response.discard())
      .catch(() => undefined);
  }
}

/** Without a response: the same as of a call, but that the time of a probe is always fair. */
function outcomeOf(error: GatehouseError, timeoutMs: number): Omit<ProbeOutcome, 'beganAtMs'> | undefined {
  // It leads elsewhere, and whoever says so is there.
  if (error.code === 'backend_redirects') return { isAlive: true };
  const stopped = error.code !== 'backend_unavailable';
  const { code } = findingOfEnd({ error, begun: false, stopped, allowedMs: timeoutMs, timeoutMs });
  return code === undefined ? undefined : { isAlive: false, code };
}
