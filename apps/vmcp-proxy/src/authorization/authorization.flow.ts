import type { RateLimiting } from '@gatehouse/config/model/rate-limits';
import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { rateLimits } from '@gatehouse/contracts/buckets';
import type { KeyValueBuckets } from '@gatehouse/messaging/key-value';
import type { Log } from '@gatehouse/observability/log';
import type { Metrics } from '@gatehouse/observability/metrics';
import type { Route } from '../catalog/view.js';
import { SessionBucket } from '../mcp-sessions/session-bucket.store.js';
import { Admission } from './admission.flow.js';
import { CallPolicy } from './call-policy.js';
import { RateLimits } from './rate-limits.flow.js';
import { RequiredScopes } from './required-scopes.js';
import { PermittedLists } from './permitted-lists.flow.js';
import { SharedBuckets } from './shared-buckets.store.js';
import { EVERYTHING, type Looking, type ShownLists } from './shown-lists.js';
import { TokenLeases } from './token-leases.flow.js';

/** Whether a caller may read what a route leads to. */
export type MayRead = (route: Route, looking: Looking) => boolean;

/** Who may do what. */
export interface Authorization {
  /** Absent where everybody may do everything. */
  readonly admission?: Admission;
  readonly shown: ShownLists;
  readonly mayRead: MayRead;
  /** What this replica has of limits goes back to the others. */
  stop(): Promise<void>;
}

type Configured = Pick<VmcpProxyPart, 'name' | 'callPolicies' | 'aggregation' | 'backends' | 'rateLimiting'>;

export interface AuthorizationSurroundings {
  readonly buckets: Pick<KeyValueBuckets, 'open'>;
  readonly log: Pick<Log, 'warn' | 'error' | 'failure'>;
  readonly metrics: Pick<Metrics, 'counter'>;
}

export function authorizationOf(part: Configured, surroundings: AuthorizationSurroundings): Authorization {
  const { log } = surroundings;
  const { callPolicies } = part;
  const policy = callPolicies === undefined ? undefined : new CallPolicy(callPolicies, part, log);
  const required = new RequiredScopes(part.backends);
  const scopes = required.isNeeded ? required : undefined;
  const leases = leasesOf(part.rateLimiting, surroundings);
  return {
    ...(policy === undefined && scopes === undefined && leases === undefined
      ? {}
      : { admission: new Admission(policy, scopes, leases && new RateLimits(part.rateLimiting, leases)) }),
    shown: policy === undefined ? EVERYTHING : new PermittedLists(policy),
    mayRead: ({ backend, original, definition }, { principal, scope: { place } }) => {
      const thing = {
        action: 'read_resource' as const,
        backend,
        original,
        ...(definition === undefined ? {} : { definition }),
        place,
      };
      return policy?.mayBe(principal, thing) !== false && scopes?.lacking(principal, thing) === undefined;
    },
    stop: async () => {
      leases?.stop();
      await leases?.giveBackIdle(0);
    },
  };
}

/** @returns `undefined` where nothing is limited. */
function leasesOf(
  { limits, whenUnavailable }: RateLimiting,
  { buckets, log, metrics }: AuthorizationSurroundings,
): TokenLeases | undefined {
  if (limits.length === 0) return undefined;
  const failures = metrics.counter(
    'proxy_rate_limits_unavailable_total',
    'Times at which the replicas’ common count could not be asked.',
    [],
  );
  return new TokenLeases(
    new SharedBuckets(new SessionBucket(buckets, rateLimits)),
    whenUnavailable,
    (error) => {
      failures.inc({});
      log.failure('rate-limits-unavailable', error, { instead: whenUnavailable });
    },
  );
}
