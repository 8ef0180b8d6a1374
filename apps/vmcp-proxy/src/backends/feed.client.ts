import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { HeldValue } from '../json/held-value.js';
import type { Principal } from '../incoming-auth/principal.js';
import { GATEWAY_INFO } from '../mcp/gateway-info.js';
import type { JsonObject } from '../mcp/message.js';
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  METHOD_NOT_FOUND,
  MODERN_VERSION,
} from '../mcp/protocol.js';
import { isEventStream } from '../mcp/server-sent-events.js';
import { ownRequest } from './own-request.client.js';
import type { AuthorizedBackend } from './authorized-backend.flow.js';
import type { BackendMessage } from './backend-message.js';
import type { BackendResponse } from './backend-response.client.js';
import { Cancellation } from './cancellation.js';
import { MessageStream } from './message-stream.js';
import { listeningHeaders, peerHeaders, type Peer } from './peer.js';
import type { Peers } from './peers.client.js';

export interface FeedListener {
  /** A notification of the backend. */
  notified(method: string, params: HeldValue | undefined): void;
  /** The feed is there again after a break: what the backend said meanwhile is not known. */
  missed(): void;
}

const OPEN_WITHIN_MS = 10 * SECOND_MS;
/** Then it is opened anew: a connection that both ends forgot looks like one on which nothing is said. */
const LISTEN_FOR_MS = 30 * MINUTE_MS;
const FIRST_PAUSE_MS = SECOND_MS;
const LONGEST_PAUSE_MS = 5 * MINUTE_MS;
/** Notifications are small. */
const MAX_EVENT_BYTES = 1_048_576;
/** Each is a request to the backend. */
const MAX_REPLIES = 32;
/** What passes; any other refusal says that there is no such stream. */
const PASSING_STATUS: ReadonlySet<number> = new Set([404, 408, 425, 429, 500, 502, 503, 504]);
const METHOD = 'subscriptions/listen';

const OVER = new GatehouseError('deadline_exceeded', 'nobody listens any more');

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
  #wasOpen = false;
  #replies = 0;
  /** What somebody wants to hear the updates of. */
  #resources: ReadonlySet<string> = new Set();
  /** The session that is listened to, and what it was asked to tell of. */
  #session: { readonly principal: Principal; readonly peer: Peer; readonly told: Set<string> } | undefined;

  constructor(
    private readonly backend: string,
    /** As of now: its token is renewed while the feed goes on. */
    private readonly principal: () => Principal,
    private readonly peers: Pick<Peers, 'of' | 'forget' | 'answerQuestion'>,
    private readonly backends: Pick<AuthorizedBackend, 'send'>,
    private readonly listener: FeedListener,
  ) {}

  /** Resolves when it is closed, or the backend has no such stream. */
  async run(): Promise<void> {
    let pauseMs: number = FIRST_PAUSE_MS;
    while (this.#goesOn()) {
      this.#cancellation = new Cancellation();
      const outcome = await this.#listen().catch(() => 'failed' as const);
      if (outcome === 'not_offered') return;
      pauseMs = outcome === 'ended' ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      if (this.#goesOn() && !this.#isRenewed) await this.#pause(pauseMs);
      this.#isRenewed = false;
    }
  }

  /** The credential is another one now, or there is one at last: the stream is opened anew. */
  renew(): void {
    this.#isRenewed = true;
    this.#cancellation.cancel(OVER);
    this.#wake();
  }

  /** @param uris of resources whose updates are wanted, as the backend knows them. */
  setResources(uris: ReadonlySet<string>): void {
    this.#resources = uris;
    if (this.#session === undefined) return;
    // There the request names them.
    if (this.#session.peer.era === 'modern') this.renew();
    else this.#tellResources();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancellation.cancel(OVER);
    this.#wake();
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
    const response = await this.#open(principal, peer);
    if (response.status !== 200 || !isEventStream(response.headers['content-type'])) {
      await response.discard();
      if (response.status === 404 && peer.era === 'legacy') peers.forget(backend, peer);
      else if (response.status === 404) return 'not_offered';
      return PASSING_STATUS.has(response.status) ? 'failed' : 'not_offered';
    }
    if (this.#wasOpen) this.listener.missed();
    this.#wasOpen = true;
    this.#replies = 0;
    this.#session = { principal, peer, told: new Set() };
    if (peer.era === 'legacy') this.#tellResources();
    await this.#read(response, principal, peer);
    this.#session = undefined;
    return 'ended';
  }

  async #open(principal: Principal, peer: Peer): Promise<BackendResponse> {
    opened += 1;
    const id = `gatehouse-feed-${opened}`;
    return await this.backends.send({
      backend: this.backend,
      principal,
      purpose: 'feed',
      deadlineAtMs: Date.now() + LISTEN_FOR_MS,
      cancellation: this.#cancellation,
      ...(peer.era === 'modern'
        ? {
            headers: peerHeaders(peer, METHOD, undefined),
            body: JSON.stringify({ jsonrpc: '2.0', id, method: METHOD, params: listenTo(this.#resources) }),
          }
        : { method: 'GET', headers: listeningHeaders(peer), body: null }),
    });
  }

  /** Brings what the session tells of to what is wanted. Whether the backend can is its own business. */
  #tellResources(): void {
    const session = this.#session;
    if (session === undefined) return;
    const { told, principal, peer } = session;
    const ask = (method: string, uri: string): void => {
      const deadlineAtMs = Date.now() + OPEN_WITHIN_MS;
      const request = { backend: this.backend, principal, peer, method, params: { uri }, deadlineAtMs };
      ownRequest(request, this.backends).catch(() => undefined);
    };
    for (const uri of this.#resources) {
      if (told.has(uri)) continue;
      told.add(uri);
      ask('resources/subscribe', uri);
    }
    for (const uri of [...told]) {
      if (this.#resources.has(uri)) continue;
      told.delete(uri);
      ask('resources/unsubscribe', uri);
    }
  }

  async #read(response: BackendResponse, principal: Principal, peer: Peer): Promise<void> {
    const stream = new MessageStream(
      {
        message: (message) => this.#take(message, principal, peer),
        kept: () => true,
        eventEnds: () => undefined,
        skipped: () => undefined,
        tooLarge: () => response.stop(OVER),
      },
      MAX_EVENT_BYTES,
    );
    await new Promise<void>((resolve) => {
      response.pipe({
        data: (chunk) => {
          stream.push(chunk);
          return true;
        },
        end: () => {
          stream.end();
          resolve();
        },
        fail: () => resolve(),
      });
    });
  }

  #take(message: BackendMessage | undefined, principal: Principal, peer: Peer): void {
    if (message?.kind === 'notification') this.listener.notified(message.method, message.params);
    else if (message?.kind === 'request' && peer.era === 'legacy') {
      this.#replies += 1;
      if (this.#replies > MAX_REPLIES) return;
      // The gateway asks for itself in this session: it can do nothing for a server.
      const outcome = message.method === 'ping' ? { result: {} } : { error: CANNOT };
      const text = JSON.stringify({ jsonrpc: '2.0', id: message.id, ...outcome });
      this.peers.answerQuestion(this.backend, principal, peer, text);
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

const CANNOT = { code: METHOD_NOT_FOUND, message: 'the gateway cannot do that' };

const listenTo = (resources: ReadonlySet<string>): JsonObject => ({
  notifications: {
    toolsListChanged: true,
    promptsListChanged: true,
    resourcesListChanged: true,
    ...(resources.size === 0 ? {} : { resourceSubscriptions: [...resources] }),
  },
  _meta: {
    [META_PROTOCOL_VERSION]: MODERN_VERSION,
    [META_CLIENT_INFO]: GATEWAY_INFO,
    [META_CLIENT_CAPABILITIES]: {},
  },
});
