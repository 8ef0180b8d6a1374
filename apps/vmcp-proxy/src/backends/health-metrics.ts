import type { Log } from '@gatehouse/observability/log';
import type { Metrics } from '@gatehouse/observability/metrics';
import type { HealthListener } from './backend-health.js';
import type { CircuitState } from './circuit-breaker.js';
import type { Health } from './probe-tally.js';

const CIRCUIT_VALUES: Readonly<Record<CircuitState, number>> = { closed: 0, 'half-open': 1, open: 2 };
const HEALTH_VALUES: Readonly<Record<Health, number>> = { unhealthy: 0, healthy: 1, unknown: 1 };

/** Tells operators what changes. Labels are names of the configuration and words of this program. */
export function healthListener(
  metrics: Metrics,
  log: Pick<Log, 'info' | 'warn'>,
): HealthListener & {
  /** It is configured from now on. */
  appeared(backend: string): void;
  /** It is no more: an old verdict on it would stay for ever. */
  disappeared(backend: string): void;
} {
  const circuits = metrics.gauge(
    'proxy_backend_circuit_state',
    'Circuit breaker of a backend: 0 closed, 1 half-open, 2 open.',
    ['backend'],
  );
  const opened = metrics.counter(
    'proxy_backend_circuit_opened_total',
    'How often the circuit of a backend opened, by cause.',
    ['backend', 'cause'],
  );
  const healthy = metrics.gauge('proxy_backend_healthy', 'What probes say: 0 unhealthy, 1 otherwise.', [
    'backend',
  ]);
  const probes = metrics.counter('proxy_backend_probes_total', 'Probes of a backend, by outcome.', [
    'backend',
    'outcome',
  ]);
  return {
    appeared: (backend) => {
      circuits.set({ backend }, CIRCUIT_VALUES.closed);
      healthy.set({ backend }, HEALTH_VALUES.unknown);
    },
    disappeared: (backend) => {
      circuits.remove({ backend });
      healthy.remove({ backend });
    },
    circuit: (backend, state, cause) => {
      circuits.set({ backend }, CIRCUIT_VALUES[state]);
      if (state === 'open') {
        opened.inc({ backend, cause: cause ?? 'failures' });
        log.warn('backend-circuit-opened', { backend, cause });
      } else if (state === 'closed') log.info('backend-circuit-closed', { backend });
    },
    health: (backend, health) => {
      healthy.set({ backend }, HEALTH_VALUES[health]);
      if (health === 'unhealthy') log.warn('backend-unhealthy', { backend });
      else log.info('backend-healthy', { backend });
    },
    probed: (backend, { isAlive }) => probes.inc({ backend, outcome: isAlive ? 'alive' : 'failed' }),
  };
}
