import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { DURATION_BOUNDS } from '../model/bounds.js';
import type { FailureHandling } from '../model/failure-handling.js';
import type { Rule } from './rule.js';
import { within } from './time-bounds.js';

/** What a backend has from all is judged where it is written for all. */
export const failureHandling: Rule = ({ backends, operational }) => {
  const ofAll = operational.failureHandling;
  return [
    ...findings(ofAll, ['operational', 'failureHandling'], undefined),
    ...backends.flatMap((backend, index) =>
      findings(backend.failureHandling, ['backends', index, 'failureHandling'], ofAll),
    ),
  ];
};

function findings(own: FailureHandling, path: Path, ofAll: FailureHandling | undefined): readonly Finding[] {
  const { healthCheckIntervalMs, healthCheckTimeoutMs, circuitBreaker } = own;
  const interval = [...path, 'healthCheckInterval'];
  const timeout = [...path, 'healthCheckTimeout'];
  const isProbed = healthCheckIntervalMs > 0;
  return [
    ...(healthCheckIntervalMs !== ofAll?.healthCheckIntervalMs && isProbed
      ? within(interval, healthCheckIntervalMs, DURATION_BOUNDS.healthCheckInterval)
      : []),
    ...(healthCheckTimeoutMs !== ofAll?.healthCheckTimeoutMs
      ? within(timeout, healthCheckTimeoutMs, DURATION_BOUNDS.healthCheck)
      : []),
    ...(isProbed && healthCheckTimeoutMs >= healthCheckIntervalMs && !isSame(own, ofAll)
      ? [
          {
            path: timeout,
            related: [interval],
            message: 'A probe must be over before the next one: this must be less than healthCheckInterval.',
          },
        ]
      : []),
    ...(circuitBreaker.timeoutMs !== ofAll?.circuitBreaker.timeoutMs
      ? within([...path, 'circuitBreaker', 'timeout'], circuitBreaker.timeoutMs, DURATION_BOUNDS.circuit)
      : []),
  ];
}

const isSame = (own: FailureHandling, ofAll: FailureHandling | undefined): boolean =>
  own.healthCheckIntervalMs === ofAll?.healthCheckIntervalMs &&
  own.healthCheckTimeoutMs === ofAll.healthCheckTimeoutMs;
