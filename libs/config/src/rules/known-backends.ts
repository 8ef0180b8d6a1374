import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { unknown } from './known-providers.js';
import { namesIn, type Rule } from './rule.js';

/** A strategy, a filter, a time limit or a priority for a backend that does not exist protects nothing: it is a misspelling. */
export const knownBackends: Rule = ({
  backends,
  outgoingAuth,
  aggregation,
  operational,
  views,
  telemetry,
  rateLimiting,
}) => {
  const names = backends.map(({ name }) => name);
  const related = namesIn(['backends'], names.length);
  const check = (name: string, path: Path): readonly Finding[] =>
    names.length === 0 || names.includes(name) ? [] : [{ path, related, ...unknown('backend', name, names) }];
  return [
    ...[...outgoingAuth.backends.keys()].flatMap((name) => check(name, ['outgoingAuth', 'backends', name])),
    ...(['tools', 'prompts', 'resources'] as const).flatMap((kind) =>
      aggregation[kind].flatMap(({ workload }, index) =>
        check(workload, ['aggregation', kind, index, 'workload']),
      ),
    ),
    ...rateLimiting.limits.flatMap((limit, at) =>
      (limit.backends ?? []).flatMap((name, index) =>
        check(name, ['rateLimiting', 'limits', at, 'backends', index]),
      ),
    ),
    ...views.flatMap((view, at) =>
      view.backends.flatMap((name, index) => check(name, ['views', at, 'backends', index])),
    ),
    ...telemetry.audit.arguments.flatMap(({ workload }, index) =>
      check(workload, ['telemetry', 'audit', 'arguments', index, 'workload']),
    ),
    ...[...operational.timeouts.perWorkload.keys()].flatMap((name) =>
      check(name, ['operational', 'timeouts', 'perWorkload', name]),
    ),
    ...aggregation.conflictResolutionConfig.priorityOrder.flatMap((name, index) =>
      check(name, ['aggregation', 'conflictResolutionConfig', 'priorityOrder', index]),
    ),
  ];
};
