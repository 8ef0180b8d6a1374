import type { ProxyBackend } from '@gatehouse/config/parts';
import type { Metrics } from '@gatehouse/observability/metrics';

/** How calls went. Labels are names of the configuration and outcomes. */
export class CallMetrics {
  readonly #record: (backend: string, outcome: string, seconds: number) => void;

  constructor(metrics: Metrics, backends: readonly ProxyBackend[]) {
    const strategies = new Map(backends.map(({ name, strategy }) => [name, strategy.type]));
    const calls = metrics.counter('proxy_calls_total', 'Calls by backend, strategy and outcome.', [
      'backend',
      'strategy',
      'outcome',
    ]);
    const durations = metrics.histogram('proxy_call_duration_seconds', 'Until the backend began to answer.', [
      'backend',
    ]);
    this.#record = (backend, outcome, seconds) => {
      calls.inc({ backend, strategy: strategies.get(backend) ?? 'none', outcome });
      durations.observe({ backend }, seconds);
    };
  }

  record(backend: string, outcome: string, startedAtMs: number): void {
    this.#record(backend, outcome, (performance.now() - startedAtMs) / 1_000);
  }
}
