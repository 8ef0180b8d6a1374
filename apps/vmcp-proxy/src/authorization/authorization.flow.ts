import type { RateLimiting } from '@gatehouse/config/model/rate-limits';
import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { sameContent } from '@gatehouse/kernel/same-content';
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

/** Who may do what, as it is configured now: nobody keeps what is in it. */
export interface Authorization {
  /** Absent where everybody may do everything. */
  readonly admission: Admission | undefined;
  readonly shown: ShownLists;
  readonly mayRead: MayRead;
  /** Makes what another configuration says. @returns what puts it in the place of this one. */
  exchange(part: Configured): () => void;
  /** What this replica has of limits goes back to the others. */
  stop(): Promise<void>;
}

type Configured = Pick<VmcpProxyPart, 'name' | 'callPolicies' | 'aggregation' | 'backends' | 'rateLimiting'>;

export interface AuthorizationSurroundings {
  readonly buckets: Pick<KeyValueBuckets, 'open'>;
  readonly log: Pick<Log, 'warn' | 'error' | 'failure'>;
  readonly metrics: Pick<Metrics, 'counter'>;
}

/** What one configuration says. */
interface Rules {
  /** What policies are made of, and what limits are. */
  readonly decides: unknown;
  readonly counts: RateLimiting;
  readonly policy: CallPolicy | undefined;
  readonly scopes: RequiredScopes | undefined;
  readonly leases: TokenLeases | undefined;
  readonly limits: RateLimits | undefined;
  readonly admission: Admission | undefined;
  readonly shown: ShownLists;
}

export function authorizationOf(part: Configured, surroundings: AuthorizationSurroundings): Authorization {
  const leasesFor = leasesIn(surroundings);
  let rules = rulesOf(part, undefined, surroundings.log, leasesFor);
  return {
    get admission() {
      return rules.admission;
    },
    shown: {
      settle: (...asked) => rules.shown.settle(...asked),
      text: (...asked) => rules.shown.text(...asked),
      digest: (...asked) => rules.shown.digest(...asked),
      hasSome: (...asked) => rules.shown.hasSome(...asked),
    },
    mayRead: (route, looking) => mayRead(rules, route, looking),
    exchange: (next) => {
      const made = rulesOf(next, rules, surroundings.log, leasesFor);
      return () => {
        const { leases } = rules;
        rules = made;
        if (leases !== made.leases) void givenBack(leases);
      };
    },
    stop: async () => await givenBack(rules.leases),
  };
}

/** What says the same as before stays, with everything that it has counted and decided. */
function rulesOf(
  { name, callPolicies, aggregation, backends, rateLimiting }: Configured,
  before: Rules | undefined,
  log: AuthorizationSurroundings['log'],
  leasesFor: (limiting: RateLimiting) => TokenLeases | undefined,
): Rules {
  const decides = [callPolicies, aggregation];
  const isDecided = before !== undefined && sameContent(before.decides, decides);
  const isCounted = before !== undefined && sameContent(before.counts, rateLimiting);
  const policy = isDecided
    ? before.policy
    : callPolicies && new CallPolicy(callPolicies, { name, aggregation }, log);
  const required = new RequiredScopes(backends);
  const scopes = required.isNeeded ? required : undefined;
  const leases = isCounted ? before.leases : leasesFor(rateLimiting);
  const limits = isCounted ? before.limits : leases && new RateLimits(rateLimiting, leases);
  const decidesNothing = policy === undefined && scopes === undefined && limits === undefined;
  const shown = policy === undefined ? EVERYTHING : new PermittedLists(policy);
  return {
    decides,
    counts: rateLimiting,
    policy,
    scopes,
    leases,
    limits,
    admission: decidesNothing ? undefined : new Admission(policy, scopes, limits),
    shown: isDecided ? before.shown : shown,
  };
}

function mayRead(
  { policy, scopes }: Rules,
  { backend, original, definition }: Route,
  { principal, scope: { place } }: Looking,
): boolean {
  const action = 'read_resource' as const;
  const thing = { action, backend, original, ...(definition === undefined ? {} : { definition }), place };
  return policy?.mayBe(principal, thing) !== false && scopes?.lacking(principal, thing) === undefined;
}

async function givenBack(leases: TokenLeases | undefined): Promise<void> {
  leases?.stop();
  await leases?.giveBackIdle(0);
}

/** @returns what makes leases; `undefined` where nothing is limited. */
function leasesIn({ buckets, log, metrics }: AuthorizationSurroundings) {
  let failures: ReturnType<typeof metrics.counter> | undefined;
  return ({ limits, whenUnavailable }: RateLimiting): TokenLeases | undefined => {
    if (limits.length === 0) return undefined;
    failures ??= metrics.counter(
      'proxy_rate_limits_unavailable_total',
      'Times at which the replicas’ common count could not be asked.',
      [],
    );
    const counted = failures;
    const bucket = new SharedBuckets(new SessionBucket(buckets, rateLimits));
    return new TokenLeases(bucket, whenUnavailable, (error) => {
      counted.inc({});
      log.failure('rate-limits-unavailable', error, { instead: whenUnavailable });
    });
  };
}
