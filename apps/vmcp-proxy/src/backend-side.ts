import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { systemClock } from '@gatehouse/kernel/clock';
import { VaultKey } from '@gatehouse/messaging/vault-key';
import type { Log } from '@gatehouse/observability/log';
import type { Metrics } from '@gatehouse/observability/metrics';
import { authorizationOf, type Authorization } from './authorization/authorization.flow.js';
import { BackendClient } from './backends/backend.client.js';
import { BackendHealth } from './backends/backend-health.js';
import { healthListener } from './backends/health-metrics.js';
import { Prober } from './backends/prober.job.js';
import { BackendFeed } from './backends/feed.client.js';
import { Peers } from './backends/peers.client.js';
import { SessionStreams } from './backends/session-streams.client.js';
import { CallMetrics } from './calls/call-metrics.js';
import { Catalog } from './catalog/catalog.flow.js';
import { listBackend } from './catalog/list-backend.client.js';
import type { SentUris } from './catalog/sent-uris.js';
import { sharedUris } from './catalog/shared-uris.client.js';
import { ChangeWatch } from './changes/change-watch.flow.js';
import { AuthorizedBackend } from './backends/authorized-backend.flow.js';
import { bridgeHeaders } from './outgoing-auth/bridge-headers.js';
import { Credentials } from './outgoing-auth/credentials.flow.js';
import { PassedHeaders } from './outgoing-auth/passed-headers.js';
import { ReplyKey } from './outgoing-auth/reply-key.js';
import { strategiesOf } from './outgoing-auth/strategies.client.js';
import type { GatewaySurroundings } from './gateway-surroundings.js';

/** What speaks to backends, and what the rest of the data plane needs of it. */
export interface BackendSide {
  readonly client: BackendClient;
  readonly healths: ReadonlyMap<string, BackendHealth>;
  readonly prober: Prober;
  readonly vaultKey: VaultKey;
  readonly credentials: Credentials;
  readonly backends: AuthorizedBackend;
  readonly passed: PassedHeaders;
  readonly peers: Peers;
  readonly sessionStreams: SessionStreams;
  readonly catalog: Catalog;
  readonly watch: ChangeWatch;
  readonly authorization: Authorization;
  readonly sent: SentUris;
}

/** Everything that speaks to backends, from the connections up to what they list. */
export async function makeBackendSide(
  part: VmcpProxyPart,
  surroundings: GatewaySurroundings,
  { lookedUp, altered }: CallMetrics,
): Promise<BackendSide> {
  const { contracts, log, metrics, clocks } = surroundings;
  const vaultKey = new VaultKey(contracts, systemClock);
  const strategies = strategiesOf(part.backends, contracts, await ReplyKey.make(clocks), vaultKey);
  const credentials = new Credentials(strategies, Date.now, (found) => lookedUp('credentials', found));
  const healths = healthsOf(part.backends, metrics, log);
  const client = new BackendClient(part.backends, healths);
  const prober = new Prober(part.backends, client, healths);
  const backends = new AuthorizedBackend(client, credentials, bridgeHeaders(part.backends));
  const neverModern = part.backends.filter(({ transport }) => transport === 'sse').map(({ name }) => name);
  const peers = new Peers(backends, undefined, undefined, new Set(neverModern));
  client.hear(peers);
  const sessionStreams = new SessionStreams(backends, peers);
  const authorization = authorizationOf(part, surroundings);
  const sent = sharedUris(surroundings.events);
  const hearing: { watch?: ChangeWatch } = {};
  const isPerUser = (backend: string): boolean => credentials.isPerUser(backend);
  const catalog = new Catalog(
    part.backends,
    async (backend, principal, deadlineAtMs, declared, known) =>
      await listBackend({ backend, principal, deadlineAtMs, declared, known }, peers, backends),
    isPerUser,
    {
      log,
      lookedUp: (found) => lookedUp('catalog', found),
      altered,
      listed: (principal) => hearing.watch?.listed(principal),
      sent,
    },
  );
  const watch = new ChangeWatch(
    catalog,
    isPerUser,
    (backend, principal, listener) =>
      new BackendFeed(backend, principal, peers, { backends, streams: sessionStreams }, listener),
    authorization.shown,
  );
  hearing.watch = watch;
  return {
    client,
    healths,
    prober,
    vaultKey,
    credentials,
    backends,
    passed: new PassedHeaders(part.backends),
    peers,
    sessionStreams,
    catalog,
    watch,
    authorization,
    sent,
  };
}

function healthsOf(
  backends: VmcpProxyPart['backends'],
  metrics: Metrics,
  log: Log,
): ReadonlyMap<string, BackendHealth> {
  const names = backends.map(({ name }) => name);
  const listener = healthListener(metrics, log, names);
  const nowMs = (): number => performance.now();
  return new Map(
    backends.map(({ name, failureHandling }) => [
      name,
      new BackendHealth(name, failureHandling, nowMs, listener),
    ]),
  );
}
