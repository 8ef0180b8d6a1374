import type { Backend } from '../model/backend.js';
import type { FailureHandling, Operational } from '../model/failure-handling.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { milliseconds } from './written-values.js';

type Written = GatehouseYaml['operational'];
type WrittenBackend = GatehouseYaml['backends'][number];

export const buildOperational = ({ timeouts, failureHandling }: Written): Operational => ({
  timeouts: {
    defaultMs: milliseconds(timeouts.default),
    perWorkload: new Map(
      Object.entries(timeouts.perWorkload).map(([name, timeout]) => [name, milliseconds(timeout)]),
    ),
  },
  partialFailureMode:
    failureHandling.partialFailureMode === 'best_effort' ? 'bestEffort' : failureHandling.partialFailureMode,
  failureHandling: {
    healthCheckIntervalMs: milliseconds(failureHandling.healthCheckInterval),
    healthCheckTimeoutMs: milliseconds(failureHandling.healthCheckTimeout),
    healthyThreshold: failureHandling.healthyThreshold,
    unhealthyThreshold: failureHandling.unhealthyThreshold,
    circuitBreaker: {
      enabled: failureHandling.circuitBreaker.enabled,
      failureThreshold: failureHandling.circuitBreaker.failureThreshold,
      timeoutMs: milliseconds(failureHandling.circuitBreaker.timeout),
    },
  },
});

/** What the backend has of its own, and for the rest what all have. */
export function buildFailureHandling(
  written: WrittenBackend['failureHandling'],
  ofAll: FailureHandling,
): FailureHandling {
  const { healthCheckInterval, healthCheckTimeout, healthyThreshold, unhealthyThreshold } = written;
  const { enabled, failureThreshold, timeout } = written.circuitBreaker;
  const ms = (own: string | undefined, otherwise: number): number =>
    own === undefined ? otherwise : milliseconds(own);
  return {
    healthCheckIntervalMs: ms(healthCheckInterval, ofAll.healthCheckIntervalMs),
    healthCheckTimeoutMs: ms(healthCheckTimeout, ofAll.healthCheckTimeoutMs),
    healthyThreshold: healthyThreshold ?? ofAll.healthyThreshold,
    unhealthyThreshold: unhealthyThreshold ?? ofAll.unhealthyThreshold,
    circuitBreaker: {
      enabled: enabled ?? ofAll.circuitBreaker.enabled,
      failureThreshold: failureThreshold ?? ofAll.circuitBreaker.failureThreshold,
      timeoutMs: ms(timeout, ofAll.circuitBreaker.timeoutMs),
    },
  };
}

type CallTimes = Pick<Backend<unknown>, 'timeoutMs' | 'maxTimeoutMs' | 'toolTimeouts'>;

type WrittenTimes = Pick<WrittenBackend, 'name' | 'progressExtendsTimeout' | 'toolTimeouts'> & {
  readonly timeout: string | undefined;
  readonly maxTimeout: string | undefined;
};

export function buildCallTimes(
  { name, timeout, maxTimeout, progressExtendsTimeout, toolTimeouts }: WrittenTimes,
  { defaultMs, perWorkload }: Operational['timeouts'],
): CallTimes {
  const timeoutMs = timeout === undefined ? (perWorkload.get(name) ?? defaultMs) : milliseconds(timeout);
  return {
    timeoutMs,
    maxTimeoutMs: maxTimeoutMs(timeoutMs, progressExtendsTimeout, maxTimeout),
    toolTimeouts: toolTimeouts.map((one) => {
      const ownMs = milliseconds(one.timeout);
      return {
        tools: one.tools,
        timeoutMs: ownMs,
        maxTimeoutMs: maxTimeoutMs(ownMs, progressExtendsTimeout, one.maxTimeout),
      };
    }),
  };
}

const LONGER_WITH_PROGRESS = 10;

function maxTimeoutMs(timeoutMs: number, isExtended: boolean, written: string | undefined): number {
  if (written !== undefined) return milliseconds(written);
  return isExtended ? timeoutMs * LONGER_WITH_PROGRESS : timeoutMs;
}
