import type { ProxyBackend } from '@gatehouse/config/parts';
import type { Metrics } from '@gatehouse/observability/metrics';
import type { AlteredEntries } from '../catalog/definitions.js';
import type { DropReason } from './dropped-messages.js';

/** Upper bounds in seconds: from a call with everything at hand to one that waits for a provider’s new token. */
const HELD_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

export type Cache = 'credentials' | 'catalog';

/** How calls went and what the caches saved. Labels are names of the configuration and outcomes. */
export class CallMetrics {
  readonly record: (backend: string, outcome: string, durationMs: number) => void;
  readonly held: (backend: string, heldMs: number) => void;
  readonly dropped: (backend: string, reason: DropReason) => void;
  readonly altered: (backend: string, altered: AlteredEntries) => void;
  readonly lookedUp: (cache: Cache, found: boolean) => void;

  #strategies: ReadonlyMap<string, string> = new Map();

  constructor(metrics: Metrics, backends: readonly ProxyBackend[]) {
    this.exchange(backends);
    const calls = metrics.counter('proxy_calls_total', 'Calls by backend, strategy and outcome.', [
      'backend',
      'strategy',
      'outcome',
    ]);
    const durations = metrics.histogram(
      'proxy_call_duration_seconds',
      'From the request to the end of its answer.',
      ['backend'],
    );
    const held = metrics.histogram(
      'proxy_added_latency_seconds',
      'How long the gateway itself held a call: until the response is passed on, less the waiting for its backend.',
      ['backend'],
      HELD_BUCKETS_SECONDS,
    );
    const lookups = metrics.counter('proxy_cache_lookups_total', 'Lookups by cache and outcome.', [
      'cache',
      'outcome',
    ]);
    const dropped = metrics.counter(
      'proxy_backend_messages_dropped_total',
      'Messages of backends that no client was shown, by backend and reason.',
      ['backend', 'reason'],
    );
    const altered = metrics.counter(
      'proxy_definitions_altered_total',
      'Entries of backends’ lists that clients are not shown as they came, by backend, list and outcome; counted at each look.',
      ['backend', 'list', 'outcome'],
    );
    this.altered = (backend, { kind, outcome, entries }) =>
      altered.inc({ backend, list: kind, outcome }, entries);
    this.dropped = (backend, reason) => dropped.inc({ backend, reason });
    this.record = (backend, outcome, durationMs) => {
      calls.inc({ backend, strategy: this.#strategies.get(backend) ?? 'none', outcome });
      durations.observe({ backend }, durationMs / 1_000);
    };
    this.held = (backend, heldMs) => held.observe({ backend }, heldMs / 1_000);
    this.lookedUp = (cache, found) => lookups.inc({ cache, outcome: found ? 'hit' : 'miss' });
  }

  /** Strategies of what is counted from now on. */
  exchange(backends: readonly ProxyBackend[]): void {
    this.#strategies = new Map(backends.map(({ name, strategy }) => [name, strategy.type]));
  }
}
