import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import type { HeldValue } from '../json/held-value.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { JsonObject } from '../mcp/message.js';
import { OWN_ENVELOPE } from '../mcp/own-envelope.js';
import { isEventStream } from '../mcp/server-sent-events.js';
import { ownReply } from './own-reply.js';
import { ownRequest } from './own-request.client.js';
import type { AuthorizedBackend } from './authorized-backend.flow.js';
import type { BackendMessage } from './backend-message.js';
import type { BackendResponse } from './backend-response.client.js';
import { Cancellation } from './cancellation.js';
import { mayPass } from './passing-status.js';
import { sessionIn, listeningHeaders, peerHeaders, type Peer } from './peer.js';
import type { Peers } from './peers.client.js';
import { ReplyBudget } from './reply-budget.js';
import type { SessionStreams } from './session-streams.client.js';
import { NOBODY_LISTENS, readTold } from './told-stream.client.js';

export interface FeedListener {
  /** A notification of the backend. */
  notified(method: string, params: HeldValue | undefined): void;
  /** The feed is there, for the first time or again: what the backend said until now is not known. */
  missed(): void;
}

export interface FeedWays {
  readonly backends: Pick<AuthorizedBackend, 'send'>;
  /** Of the same sessions, for calls. */
  readonly streams: Pick<SessionStreams, 'listensElsewhere' | 'hand'>;
}

const OPEN_WITHIN_MS = 10 * SECOND_MS;
/** Then it is opened anew: a connection that both ends forgot looks like one on which nothing is said. */
const LISTEN_FOR_MS = 30 * MINUTE_MS;
const FIRST_PAUSE_MS = SECOND_MS;
/** A backend that closes the stream sooner, again and again, has nothing to say on it. */
const STAYS_OPEN_MS = MINUTE_MS;
/** However often somebody subscribes to something else. */
const RENEW_AFTER_MS = 2 * SECOND_MS;
const LONGEST_PAUSE_MS = 5 * MINUTE_MS;
/** A session that is over, and a stream whose end its server has not noticed. */
const SOON_ANOTHER: ReadonlySet<number> = new Set([404, 409]);
const METHOD = 'subscriptions/listen';

const SUBSCRIBE = 'resources/subscribe';

/** The session that is listened to. */
interface ListenedSession {
  readonly principal: Principal;
  readonly peer: Peer;
  /** What it was asked to tell of. */
  readonly told: Set<string>;
  /** What it did not take. */
  readonly refused: Set<string>;
}

let opened = 0;

/**
 * What one backend says without being asked, for as long as somebody listens: the stream of the gateway's own session there
 * (`GET`, until 2025-11-25), or `subscriptions/listen` (2026-07-28). Not every backend has one.
 */
export class BackendFeed {
  /** Of the stream that is open, or being opened. */
  #cancellation = new Cancellation();
  #wake: () => void = () => undefined;
  #isClosed = false;
  #isRenewed = false;
  readonly #replies = new ReplyBudget();
  /** What somebody wants to hear the updates of. */
  #resources: ReadonlySet<string> = new Set();
  /** What the request that listens has named. */
  #named: ReadonlySet<string> = new Set();
  #session: ListenedSession | undefined;
  #isTelling = false;
  #renewal: NodeJS.Timeout | undefined;
  #openedAtMs = 0;

  constructor(
    private readonly backend: string,
    /** As of now: its token is renewed while the feed goes on. */
    private readonly principal: () => Principal,
    private readonly peers: Pick<Peers, 'of' | 'forget' | 'answerQuestion'>,
    private readonly ways: FeedWays,
    private readonly listener: FeedListener,
  ) {}

  /** Resolves when it is closed, or the backend has no such stream. */
  async run(): Promise<void> {
    let pauseMs: number = FIRST_PAUSE_MS;
    while (this.#goesOn()) {
      this.#cancellation = new Cancellation();
      const outcome = await this.#listen().catch(() => 'failed' as const);
      if (outcome === 'not_offered') return;
      const hasStayed = outcome === 'ended' && Date.now() - this.#openedAtMs >= STAYS_OPEN_MS;
      pauseMs = hasStayed || this.#isRenewed ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      // Not all feeds of a backend that was restarted at once.
      if (this.#goesOn() && !this.#isRenewed) await this.#pause(pauseMs * (0.75 + Math.random() / 2));
      this.#isRenewed = false;
    }
  }

  /** The credential is another one now, or there is one at last: the stream is opened anew. */
  renew(): void {
    this.#isRenewed = true;
    this.#cancellation.cancel(NOBODY_LISTENS);
    this.#wake();
  }

  /** @param uris of resources whose updates are wanted, as the backend knows them. */
  setResources(uris: ReadonlySet<string>): void {
    if (isSameSet(uris, this.#resources)) return;
    this.#resources = uris;
    this.#bringUpToDate();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#renewal);
    this.#cancellation.cancel(NOBODY_LISTENS);
    this.#wake();
  }

  /** What is being opened is looked at when it is open. */
  #bringUpToDate(): void {
    if (this.#session === undefined) return;
    if (this.#session.peer.era === 'legacy') void this.#tellResources(this.#session);
    else if (!isSameSet(this.#named, this.#resources)) {
      // There the request names them.
      const waitMs = Math.max(this.#openedAtMs + RENEW_AFTER_MS - Date.now(), 0);
      this.#renewal ??= setTimeout(() => {
        this.#renewal = undefined;
        if (!isSameSet(this.#named, this.#resources)) this.renew();
      }, waitMs).unref();
    }
  }

  #goesOn(): boolean {
    return !this.#isClosed;
  }

  async #listen(): Promise<'ended' | 'failed' | 'not_offered'> {
    const { backend, peers } = this;
    const principal = this.principal();
    const deadlineAtMs = Date.now() + OPEN_WITHIN_MS;
    const peer = await peers.of({ backend, principal, era: 'modern', owner: '', deadlineAtMs });
    if (peer.era === 'legacy' && peer.session === undefined) return 'not_offered';
    const over = this.ways.streams.listensElsewhere({ backend, principal, peer });
    try {
      return await this.#listenTo(principal, peer);
    } finally {
      over();
    }
  }

  async #listenTo(principal: Principal, peer: Peer): Promise<'ended' | 'failed' | 'not_offered'> {
    const { backend, peers } = this;
    const response = await this.#open(principal, peer);
    if (response.status !== 200 || !isEventStream(response.headers['content-type'])) {
      await response.discard();
      if (response.status === 404 && peer.era === 'legacy') peers.forget(backend, peer);
      else if (response.status === 404) return 'not_offered';
      // Any other refusal says that there is no such stream.
      return mayPass(response.status) || SOON_ANOTHER.has(response.status) ? 'failed' : 'not_offered';
    }
    this.listener.missed();
    this.#openedAtMs = Date.now();
    this.#session = { principal, peer, told: new Set(), refused: new Set() };
    this.#bringUpToDate();
    await readTold(response, (message) => this.#take(message, principal, peer));
    this.#session = undefined;
    return 'ended';
  }

  async #open(principal: Principal, peer: Peer): Promise<BackendResponse> {
    opened += 1;
    const id = `gatehouse-feed-${opened}`;
    this.#named = this.#resources;
    return await this.ways.backends.send({
      backend: this.backend,
      principal,
      purpose: 'feed',
      session: sessionIn(peer),
      deadlineAtMs: Date.now() + LISTEN_FOR_MS,
      cancellation: this.#cancellation,
      ...(peer.era === 'modern'
        ? {
            headers: peerHeaders(peer, METHOD, undefined),
            body: JSON.stringify({ jsonrpc: '2.0', id, method: METHOD, params: listenTo(this.#named) }),
          }
        : { method: 'GET', headers: listeningHeaders(peer), body: null }),
    });
  }

  /**
   * Brings what the session tells of to what is wanted, one request after the other: together they would take the places of
   * calls, and could overtake each other. Whether the backend can is its own business.
   */
  async #tellResources(session: ListenedSession): Promise<void> {
    const { principal, peer, told, refused } = session;
    if (peer.era === 'modern' || this.#isTelling) return;
    this.#isTelling = true;
    for (let next = this.#difference(session); next !== undefined; next = this.#difference(session)) {
      const { method, uri } = next;
      const deadlineAtMs = Date.now() + OPEN_WITHIN_MS;
      const request = { backend: this.backend, principal, peer, method, params: { uri }, deadlineAtMs };
      const isDone = await ownRequest({ ...request, purpose: 'control' }, this.ways.backends).then(
        ({ kind }) => kind === 'result',
        () => false,
      );
      // What was refused is asked for again in the next session.
      if (method === SUBSCRIBE) (isDone ? told : refused).add(uri);
      else told.delete(uri);
    }
    this.#isTelling = false;
    // Another session may have begun meanwhile.
    if (this.#session !== undefined && this.#session !== session) void this.#tellResources(this.#session);
  }

  #difference(session: ListenedSession): { readonly method: string; readonly uri: string } | undefined {
    if (session !== this.#session) return undefined;
    const { told, refused } = session;
    for (const uri of this.#resources)
      if (!told.has(uri) && !refused.has(uri)) return { method: SUBSCRIBE, uri };
    for (const uri of told) if (!this.#resources.has(uri)) return { method: 'resources/unsubscribe', uri };
    return undefined;
  }

  #take(message: BackendMessage | undefined, principal: Principal, peer: Peer): void {
    const isCalls =
      message !== undefined && this.ways.streams.hand({ backend: this.backend, principal, peer }, message);
    if (message?.kind === 'notification') this.listener.notified(message.method, message.params);
    else if (message?.kind === 'request' && peer.era === 'legacy' && !isCalls) {
      if (!this.#replies.take()) return;
      // The gateway asks for itself in this session: it can do nothing for a server.
      this.peers.answerQuestion(this.backend, principal, peer, ownReply(message.id, message.method));
    }
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

const isSameSet = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((entry) => other.has(entry));

const listenTo = (resources: ReadonlySet<string>): JsonObject => ({
  notifications: {
    toolsListChanged: true,
    promptsListChanged: true,
    resourcesListChanged: true,
    ...(resources.size === 0 ? {} : { resourceSubscriptions: [...resources] }),
  },
  _meta: OWN_ENVELOPE,
});
