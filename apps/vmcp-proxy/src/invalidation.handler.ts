import { setTimeout as delay } from 'node:timers/promises';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { resourcesSent } from '@gatehouse/contracts/events/resources-sent';
import { sessionClosed } from '@gatehouse/contracts/events/session-closed';
import type { SessionId } from '@gatehouse/kernel/ids';
import type { EventBus } from '@gatehouse/messaging/event-bus';
import type { VaultKey } from '@gatehouse/messaging/vault-key';
import type { Peers } from './backends/peers.client.js';
import type { InFlight } from './calls/in-flight.js';
import type { ParkedCalls } from './calls/parked-calls.flow.js';
import type { ChangeWatch } from './changes/change-watch.flow.js';
import type { ClientStreams } from './edge/client-streams.flow.js';
import type { Catalog } from './catalog/catalog.flow.js';
import type { SentUris } from './catalog/sent-uris.js';
import type { SessionViews } from './incoming-auth/session-views.client.js';
import type { McpSessionStore } from './mcp-sessions/mcp-session.store.js';
import type { Credentials } from './outgoing-auth/credentials.flow.js';

export interface Caches {
  readonly sessions: SessionViews;
  readonly credentials: Credentials;
  readonly catalog: Catalog;
  readonly peers: Peers;
  readonly mcpSessions: McpSessionStore;
  readonly vaultKey: VaultKey;
  readonly sent: Pick<SentUris, 'heard'>;
  readonly inFlight: InFlight;
  readonly parkedCalls: Pick<ParkedCalls, 'end'>;
  readonly watch: Pick<ChangeWatch, 'look' | 'lookAtAll' | 'forget'>;
  readonly streams: Pick<ClientStreams, 'endSession' | 'sessions'>;
}

/** Told when this replica lets no call of a session through any more. */
export type Dropped = (tsid: SessionId) => void;

const everything = (): boolean => true;
/** The authorization server may find the bus again later than this replica. */
const ASK_AGAIN_AFTER_MS = 500;

/** Drops what is cached, and stops what runs, when a fact makes it stale, so that nobody waits for an age limit. */
export function dropCachesOnEvents(
  events: Pick<EventBus, 'subscribe' | 'onReconnect'>,
  caches: Caches,
  dropped: Dropped,
): void {
  events.subscribe(sessionClosed, ({ tsid }) => {
    caches.sessions.close(tsid);
    caches.credentials.forget((principal) => principal.tsid === tsid);
    caches.catalog.forget((principal) => principal.tsid === tsid);
    caches.peers.drop((principal) => principal.tsid === tsid);
    caches.inFlight.endSession(tsid);
    caches.streams.endSession(tsid);
    caches.watch.forget((principal) => principal.tsid === tsid);
    dropped(tsid);
  });
  events.subscribe(connectionChanged, ({ accountId, provider }) => {
    const concerns = (principal: { readonly subject: string }, backend: string): boolean =>
      principal.subject === accountId && caches.credentials.providersOf(backend).includes(provider);
    caches.credentials.forget(concerns);
    caches.catalog.expire(concerns);
    // What a backend keeps in a session belongs to the account at the provider that began it.
    caches.peers.drop(concerns);
    caches.parkedCalls.end(concerns);
    // What was told to a session that is forgotten now is not heard: the feeds begin anew as well.
    caches.watch.look(concerns);
  });
  // What another replica learned.
  events.subscribe(resourcesSent, (fact) => caches.sent.heard(fact));
  let reconnects = 0;
  // Events of the time in between were missed.
  events.onReconnect(() => {
    caches.sessions.forgetAll();
    caches.credentials.forget(everything);
    caches.catalog.expire(everything);
    caches.mcpSessions.forgetCopies();
    caches.vaultKey.forget();
    // Calls in flight go on in the backend session that they began in; the next ones begin another. Those that wait for their
    // clients would go on there much later.
    const ofProvider = (_principal: unknown, backend: string): boolean =>
      caches.credentials.providersOf(backend).length > 0;
    caches.peers.renew(ofProvider);
    caches.parkedCalls.end(ofProvider);
    reconnects += 1;
    const reconnect = reconnects;
    caches.watch.lookAtAll();
    for (const tsid of inUse(caches)) void endIfClosed(caches, tsid, () => reconnect === reconnects);
  });
}

/** Asks whether a session ended unheard until somebody can say, nothing of it runs any more, or all are asked for anew. */
async function endIfClosed(caches: Caches, tsid: SessionId, isNewest: () => boolean): Promise<void> {
  while (isNewest() && inUse(caches).has(tsid)) {
    try {
      if ((await caches.sessions.view(tsid)) !== undefined) return;
      caches.inFlight.endSession(tsid);
      caches.streams.endSession(tsid);
      caches.watch.forget((principal) => principal.tsid === tsid);
      return;
    } catch {
      await delay(ASK_AGAIN_AFTER_MS, undefined, { ref: false });
    }
  }
}

/** Sessions that have calls running, or that listen. */
const inUse = ({ inFlight, streams }: Caches): ReadonlySet<SessionId> =>
  new Set([...inFlight.sessions(), ...streams.sessions()]);
