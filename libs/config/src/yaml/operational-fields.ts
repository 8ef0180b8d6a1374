import { DURATION_BOUNDS, FAILURE_THRESHOLD_BOUNDS } from '../model/bounds.js';
import { block, choice, count, flag, list, mapOf, ownFlag, text } from './fields.js';

const OF_ALL = 'that of `operational.failureHandling`';

const INTERVAL = `How often a replica asks the backend whether it is there, without anybody’s credential; \`0s\`: never. ${DURATION_BOUNDS.healthCheckInterval.text}.`;
const TIMEOUT = `For one such probe; shorter than the interval, ${DURATION_BOUNDS.healthCheck.text}.`;
const HEALTHY = `Probes in a row after which it is healthy. Any answer below 500 is good: 401 is alive. ${FAILURE_THRESHOLD_BOUNDS.text}.`;
const UNHEALTHY = `Probes in a row without one after which it is unhealthy; unless a call was answered meanwhile, the circuit opens. ${FAILURE_THRESHOLD_BOUNDS.text}.`;
const CIRCUIT =
  'While the circuit of a backend is open its calls fail at once and its lists are those of before; after `timeout` a few calls are tried. What counts is in `docs/health.md`.';
const ENABLED = 'Calls are refused while the circuit is open.';
const THRESHOLD = `Failures in a row that open it: connections that cannot be made, time-outs, 502, 503 and 504. Those of one person count for half of it at most. ${FAILURE_THRESHOLD_BOUNDS.text}.`;
const OPEN_FOR = `How long it stays open; ${DURATION_BOUNDS.circuit.text}.`;

const bounded = (about: string) => count(about, FAILURE_THRESHOLD_BOUNDS);

const failureHandling = block('What is done about backends that fail.', {
  healthCheckInterval: text('duration', INTERVAL).default('0s'),
  healthCheckTimeout: text('duration', TIMEOUT).default('10s'),
  healthyThreshold: bounded(HEALTHY).default(1),
  unhealthyThreshold: bounded(UNHEALTHY).default(3),
  partialFailureMode: choice(
    ['bestEffort', 'fail', 'best_effort'],
    '`bestEffort`: a list shows what there is, and for a backend that cannot be listed what it listed before, or one tool that says what is wrong. `fail`: such a list is an error. A backend that waits for its user to connect an account has not failed.',
    { aliases: { best_effort: 'bestEffort' } },
  ).default('bestEffort'),
  circuitBreaker: block(CIRCUIT, {
    enabled: flag(ENABLED, true),
    failureThreshold: bounded(THRESHOLD).default(5),
    timeout: text('duration', OPEN_FOR).default('5s'),
  }).prefault({}),
});

/** The same for one backend: what is left out is that of all. */
export const ownFailureHandling = block('What is done when this backend fails.', {
  healthCheckInterval: text('duration', INTERVAL, { derived: OF_ALL }).exactOptional(),
  healthCheckTimeout: text('duration', TIMEOUT, { derived: OF_ALL }).exactOptional(),
  healthyThreshold: count(HEALTHY, FAILURE_THRESHOLD_BOUNDS, { derived: OF_ALL }).exactOptional(),
  unhealthyThreshold: count(UNHEALTHY, FAILURE_THRESHOLD_BOUNDS, { derived: OF_ALL }).exactOptional(),
  circuitBreaker: block(CIRCUIT, {
    enabled: ownFlag(ENABLED, OF_ALL),
    failureThreshold: count(THRESHOLD, FAILURE_THRESHOLD_BOUNDS, { derived: OF_ALL }).exactOptional(),
    timeout: text('duration', OPEN_FOR, { derived: OF_ALL }).exactOptional(),
  }).prefault({}),
});

export const operational = block('How the gateway deals with backends that are slow or fail.', {
  timeouts: block('Time limits of calls.', {
    default: text(
      'duration',
      `For one call of a backend that has no \`timeout\` of its own; ${DURATION_BOUNDS.call.text}.`,
    ).default('30s'),
    perWorkload: mapOf(
      { name: 'backend', format: 'identifier' },
      text('duration', `For one call of that backend; ${DURATION_BOUNDS.call.text}.`),
      'Another way to write the `timeout` of backends.',
    ).prefault({}),
  }).prefault({}),
  failureHandling: failureHandling.prefault({}),
});

/** Time limits of some tools of a backend. */
export const toolTimeouts = list(
  block('A time limit of some tools.', {
    tools: list(
      text('toolPattern', 'Tool, by the name that the backend gives; `*` stands for any characters.'),
      'The tools; at least one.',
    ),
    timeout: text('duration', `For one call; ${DURATION_BOUNDS.call.text}.`),
    maxTimeout: text(
      'duration',
      `For one call in all, with \`progressExtendsTimeout\` of the backend; ${DURATION_BOUNDS.callWithProgress.text}.`,
      { derived: 'ten times `timeout`' },
    ).exactOptional(),
  }),
  'Other time limits for some of its tools; the first that names a tool counts.',
);
