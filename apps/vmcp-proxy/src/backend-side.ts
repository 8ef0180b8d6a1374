import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { systemClock } from '@gatehouse/kernel/clock';
import { VaultKey } from '@gatehouse/messaging/vault-key';
import type { Log } from '@gatehouse/observability/log';
import { authorizationOf, type Authorization } from './authorization/authorization.flow.js';
import { BackendClient } from './backends/backend.client.js';
import type { BackendHealth } from './backends/backend-health.js';
import { Prober } from './backends/prober.job.js';
import { BackendFeed } from './backends/feed.client.js';
import { Peers } from './backends/peers.client.js';
import { SessionStreams } from './backends/session-streams.client.js';
import { CallMetrics } from './calls/call-metrics.js';
import { Catalog } from './catalog/catalog.flow.js';
import { listBackend } from './catalog/list-backend.client.js';
import type { SentUris } from './catalog/sent-uris.js';
import { sharedUris } from './catalog/shared-uris.client.js';
import { ChangeWatch, type MakeFeed } from './changes/change-watch.flow.js';
import { AuthorizedBackend } from './backends/authorized-backend.flow.js';
import { bridgeHeaders } from './outgoing-auth/bridge-headers.js';
import { Credentials } from './outgoing-auth/credentials.flow.js';
import { PassedHeaders } from './outgoing-auth/passed-headers.js';
import { ReplyKey } from './outgoing-auth/reply-key.js';
import { strategiesOf } from './outgoing-auth/strategies.client.js';
import { exchangeOf, Healths, sseBackends } from './backend-exchange.js';
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
  readonly log: Log;
  /** Makes what another configuration says of backends. @returns what puts it in the place of this one, at once. */
  exchange(part: VmcpProxyPart): () => void;
}

/** Everything that speaks to backends, from the connections up to what they list. */
export async function makeBackendSide(
  part: VmcpProxyPart,
  surroundings: GatewaySurroundings,
  { lookedUp, altered }: CallMetrics,
): Promise<BackendSide> {
  const { contracts, log, metrics, clocks } = surroundings;
  const vaultKey = new VaultKey(contracts, systemClock);
  const replyKey = await ReplyKey.make(clocks);
  const strategiesFor = ({ backends }: VmcpProxyPart) =>
    strategiesOf(backends, contracts, replyKey, vaultKey);
  const credentials = new Credentials(strategiesFor(part), Date.now, (found) =>
    lookedUp('credentials', found),
  );
  const healths = new Healths(part.backends, metrics, log);
  const client = new BackendClient(part.backends, healths.of);
  const prober = new Prober(part.backends, client, healths.of);
  const backends = new AuthorizedBackend(client, credentials, bridgeHeaders(part.backends));
  const neverModern = new Set(sseBackends(part));
  const peers = new Peers(backends, undefined, undefined, neverModern);
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
  const feeds = feedsOf(peers, backends, sessionStreams);
  const watch = new ChangeWatch(catalog, isPerUser, feeds, authorization.shown);
  hearing.watch = watch;
  const side = {
    client,
    log,
    healths: healths.of,
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
  return { ...side, exchange: exchangeOf(part, side, { healths, neverModern, strategiesFor }) };
}

const feedsOf =
  (peers: Peers, backends: AuthorizedBackend, streams: SessionStreams): MakeFeed =>
  (backend, principal, listener) =>
    new BackendFeed(backend, principal, peers, { backends, streams }, listener);
