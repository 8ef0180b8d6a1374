import type { ProxyBackend } from '@gatehouse/config/parts';
import type { Metrics } from '@gatehouse/observability/metrics';
import type { AlteredEntries } from '../catalog/definitions.js';
import type { DropReason } from './dropped-messages.js';

export type Cache = 'credentials' | 'catalog';

/** How calls went and what the caches saved. Labels are names of the configuration and outcomes. */
export class CallMetrics {
  readonly record: (backend: string, outcome: string, startedAtMs: number) => void;
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
    this.record = (backend, outcome, startedAtMs) => {
      calls.inc({ backend, strategy: this.#strategies.get(backend) ?? 'none', outcome });
      durations.observe({ backend }, (performance.now() - startedAtMs) / 1_000);
    };
    this.lookedUp = (cache, found) => lookups.inc({ cache, outcome: found ? 'hit' : 'miss' });
  }

  /** Strategies of what is counted from now on. */
  exchange(backends: readonly ProxyBackend[]): void {
    this.#strategies = new Map(backends.map(({ name, strategy }) => [name, strategy.type]));
  }
}
