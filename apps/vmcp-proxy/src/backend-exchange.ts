import { setTimeout as delay } from 'node:timers/promises';
import type { ProxyBackend, VmcpProxyPart } from '@gatehouse/config/parts';
import { sameContent } from '@gatehouse/kernel/same-content';
import type { Log } from '@gatehouse/observability/log';
import type { Metrics } from '@gatehouse/observability/metrics';
import type { AuthorizedBackend } from './backends/authorized-backend.flow.js';
import type { Target } from './backends/backend.client.js';
import { BackendHealth } from './backends/backend-health.js';
import { healthListener } from './backends/health-metrics.js';
import type { PeerSession } from './backends/peer-sessions.js';
import type { Peers } from './backends/peers.client.js';
import type { BackendSide } from './backend-side.js';
import { bridgeHeaders } from './outgoing-auth/bridge-headers.js';
import type { OutgoingStrategy } from './outgoing-auth/strategy.js';

interface Exchanged {
  readonly healths: Healths;
  readonly neverModern: Set<string>;
  readonly strategiesFor: (next: VmcpProxyPart) => ReadonlyMap<string, OutgoingStrategy>;
}

/** What takes up other backends (ADR 51): what can fail is made first, and then all of it is exchanged in one step. */
export function exchangeOf(
  part: VmcpProxyPart,
  side: Omit<BackendSide, 'exchange'>,
  { healths, neverModern, strategiesFor }: Exchanged,
): BackendSide['exchange'] {
  const { client, prober, credentials, backends, peers, passed, catalog, watch, authorization } = side;
  let current: readonly ProxyBackend[] = [...part.backends];
  return (next) => {
    const strategies = strategiesFor(next);
    const authorize = authorization.exchange(next);
    const configured = [...next.backends];
    return () => {
      const kept = keptOf(current, configured);
      const goes = current.filter(({ name }) => !kept.has(name));
      const retired = goes.map(({ name }) => retire(name, peers, backends));
      healths.exchange(configured, kept);
      client.exchange(configured, healths.of, kept);
      prober.exchange(configured, kept);
      credentials.exchange(strategies, kept);
      backends.exchange(bridgeHeaders(configured));
      passed.exchange(configured);
      neverModern.clear();
      for (const name of sseBackends(next)) neverModern.add(name);
      authorize();
      catalog.exchange(configured, kept);
      watch.exchange(kept);
      current = configured;
      for (const one of retired) void end(one, backends, peers);
    };
  };
}

export const sseBackends = ({ backends }: VmcpProxyPart): readonly string[] =>
  backends.filter(({ transport }) => transport === 'sse').map(({ name }) => name);

/** What of a backend says where it is and with what it is reached. The rest is looked at for each call. */
const connectionOf = (backend: ProxyBackend): unknown => ({
  ...backend,
  timeoutMs: undefined,
  maxTimeoutMs: undefined,
  progressExtendsTimeout: undefined,
  toolTimeouts: undefined,
  requiredScopes: undefined,
  toolScopes: undefined,
});

/** Names of those that are where they were, and are reached as before: connections, sessions, lists and credentials stay. */
function keptOf(before: readonly ProxyBackend[], after: readonly ProxyBackend[]): ReadonlySet<string> {
  const known = new Map(before.map((backend) => [backend.name, connectionOf(backend)]));
  return new Set(
    after
      .filter((backend) => sameContent(known.get(backend.name), connectionOf(backend)))
      .map(({ name }) => name),
  );
}

interface Retired {
  readonly target: Target;
  readonly sessions: readonly PeerSession[];
}

/** Nothing new begins there. What runs in its sessions goes on there, with the credentials of there. */
function retire(name: string, peers: Peers, backends: AuthorizedBackend): Retired {
  const sessions = peers.exchange(name);
  const target = backends.keep(
    name,
    sessions.flatMap(({ session }) => session ?? []),
  );
  return { target, sessions };
}

const LOOK_AT_RETIRED_EVERY_MS = 250;
/** A call that found its session may have something else to wait for before it says anything there. */
const QUIET_LOOKS = 8;

/** When nothing has run there for a while, its sessions are ended, and then its connections. */
async function end({ target, sessions }: Retired, backends: AuthorizedBackend, peers: Peers): Promise<void> {
  for (let quiet = 0; quiet < QUIET_LOOKS; quiet += 1) {
    await delay(LOOK_AT_RETIRED_EVERY_MS, undefined, { ref: false });
    if (backends.isBusy(target)) quiet = -1;
  }
  await peers.sayGoodbye(sessions);
  await backends.end(target);
}

/** What is known of each backend that is configured now. */
export class Healths {
  readonly of = new Map<string, BackendHealth>();
  readonly #listener;

  constructor(backends: readonly ProxyBackend[], metrics: Metrics, log: Log) {
    this.#listener = healthListener(metrics, log);
    this.exchange(backends, new Set());
  }

  exchange(backends: readonly ProxyBackend[], kept: ReadonlySet<string>): void {
    const names = new Set(backends.map(({ name }) => name));
    for (const name of [...this.of.keys()])
      if (!names.has(name)) {
        this.of.delete(name);
        this.#listener.disappeared(name);
      }
    for (const backend of backends) if (!kept.has(backend.name)) this.#begin(backend);
  }

  #begin({ name, failureHandling }: ProxyBackend): void {
    const listener = this.#listener;
    // What ends where it was before says nothing of where it is now.
    const isHere = (): boolean => this.of.get(name) === health;
    const health: BackendHealth = new BackendHealth(name, failureHandling, () => performance.now(), {
      circuit: (...heard) => {
        if (isHere()) listener.circuit(...heard);
      },
      health: (...heard) => {
        if (isHere()) listener.health(...heard);
      },
      probed: (...heard) => {
        if (isHere()) listener.probed(...heard);
      },
    });
    this.of.set(name, health);
    listener.appeared(name);
  }
}
