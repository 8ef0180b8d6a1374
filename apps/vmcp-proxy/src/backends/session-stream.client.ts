import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { type Principal } from '../incoming-auth/principal.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import { isEventStream } from '../mcp/server-sent-events.js';
import { AnotherAccount, type AuthorizedBackend } from './authorized-backend.flow.js';
import type { BackendMessage } from './backend-message.js';
import type { BackendResponse } from './backend-response.client.js';
import { Cancellation } from './cancellation.js';
import type { StreamPosition } from './message-stream.js';
import { ownReply } from './own-reply.js';
import { mayPass } from './passing-status.js';
import { sessionIn, listeningHeaders, resumingHeaders, type LegacyPeer, type Peer } from './peer.js';
import type { Peers } from './peers.client.js';
import { ReplyBudget } from './reply-budget.js';
import { STREAM_SESSION } from './sse-session.client.js';
import { NOBODY_LISTENS, readTold } from './told-stream.client.js';

/** Whoever may be meant by what a backend says on the stream of a session. */
export interface StreamMember {
  /** @returns false: that is not for it, and nothing was done. */
  take(message: BackendMessage): boolean;
  /** @param opened is called for each question that the member's client is asked, and may be meant for another member's. */
  joined(opened: QuestionOpened): void;
  /** @param open how many such questions there are in the session; it may be this member for whom they are asked. */
  sessionAsks(open: number): void;
}

/** @returns what to do when that question has been answered, or is not open any more. */
export type QuestionOpened = () => () => void;

/** A session at a backend. */
export interface StreamPlace {
  readonly backend: string;
  /** Its token may be a newer one each time. */
  readonly principal: Principal;
  readonly peer: Peer;
  /** Whose it is alone: a client with a session of its own. */
  readonly client?: McpSession | undefined;
}

/** Who may be meant while no call of the session runs. */
export interface SessionListener {
  /** Whether somebody hears what is said there. */
  listens(place: StreamPlace): boolean;
  /** @returns false: that is not for anybody. */
  take(place: StreamPlace, message: BackendMessage): boolean;
}

/** Most calls come in groups, and each stream is a connection. */
const RESTS_FOR_MS = 30 * SECOND_MS;
const LISTEN_FOR_MS = 30 * MINUTE_MS;
const RETRY_AFTER_MS = SECOND_MS;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = MINUTE_MS;
/** A server that closes it sooner is asked ever less often, where no call needs it. */
const STAYS_OPEN_MS = 10 * SECOND_MS;
/** The call that was sent with the same token has brought a new one by then, if it was only that. */
const MOST_REFUSALS = 2;
const CONFLICT = 409;

/** How far an opening is. */
export interface Opening {
  readonly sent: Promise<undefined>;
  readonly done: Promise<void>;
}

/** Told of how a stream is used. */
export interface StreamUse {
  rests(stream: SessionStream): void;
  wakes(stream: SessionStream): void;
  /** @returns false when no other one can give its place to this one. */
  makeRoom(stream: SessionStream): boolean;
  listener(): SessionListener;
}

/** The stream of one session. */
export class SessionStream {
  readonly #members = new Set<StreamMember>();
  /** `absent`: the server has none. */
  #state: 'closed' | 'opening' | 'open' | 'absent' = 'closed';
  #isElsewhere = false;
  /** Its place was needed: until the next call nobody hears it. */
  #isGivenUp = false;
  #opening: Opening | undefined;
  /** In a row; and how many of these were refusals of the credential. */
  #failures = 0;
  #refusals = 0;
  /** While no call ran: that says nothing to the next one, which may make room and has brought a new token. */
  #failedAlone = false;
  #notBeforeMs = -Infinity;
  #retry: NodeJS.Timeout | undefined;
  #cancellation = new Cancellation();
  #timer: NodeJS.Timeout | undefined;
  #position: StreamPosition = { lastEventId: undefined, retryMs: undefined };
  readonly #replies = new ReplyBudget();

  #questions = 0;
  /** As of the newest call: the token of the first one is not good for as long as the session is. */
  principal: Principal;

  constructor(
    private readonly place: StreamPlace & { readonly peer: LegacyPeer },
    private readonly backends: Pick<AuthorizedBackend, 'send'>,
    private readonly peers: Pick<Peers, 'answerQuestion' | 'isLeft'>,
    private readonly use: StreamUse,
  ) {
    // There it is a part of the transport.
    if (isOneStream(place.peer)) this.#state = 'absent';
    this.principal = place.principal;
  }

  get backend(): string {
    return this.place.backend;
  }

  get holdsPlace(): boolean {
    return this.#state === 'open' || this.#state === 'opening';
  }

  add(member: StreamMember): () => void {
    this.#isGivenUp = false;
    if (this.#failedAlone) [this.#notBeforeMs, this.#failures] = [-Infinity, 0];
    this.#failedAlone = false;
    clearTimeout(this.#timer);
    this.#members.add(member);
    member.joined(() => this.#questionOpened());
    if (this.#questions > 0) member.sessionAsks(this.#questions);
    return () => {
      this.#members.delete(member);
      this.#rest();
    };
  }

  /** @returns `undefined` when nothing has to be waited for. */
  open(): Opening | undefined {
    if (this.#isElsewhere || this.#state === 'open' || this.#state === 'absent') return undefined;
    if (this.#state === 'closed') {
      if (performance.now() < this.#notBeforeMs) {
        this.#again(this.#notBeforeMs - performance.now());
        return undefined;
      }
      this.#state = 'opening';
      // One that a listener alone needs goes with its listener, or for a call that needs its place.
      this.#rest();
      const sent = Promise.withResolvers<undefined>();
      this.#opening = { sent: sent.promise, done: this.#open(() => sent.resolve(undefined)) };
    }
    return this.#opening;
  }

  listensElsewhere(): () => void {
    this.#isElsewhere = true;
    this.#cancellation.cancel(NOBODY_LISTENS);
    return () => {
      this.#isElsewhere = false;
      if (this.#isHeard) this.open();
    };
  }

  /** Another one needs its place. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#close();
  }

  #close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    this.use.wakes(this);
    // What is said while nobody listens is for nobody who comes later.
    this.#position = { lastEventId: undefined, retryMs: undefined };
    this.#cancellation.cancel(NOBODY_LISTENS);
  }

  /** Most servers do not say which request they mean. The one that has run for the longest may take until it is answered. */
  hand(message: BackendMessage): boolean {
    if (message.kind === 'request' && message.method === 'ping') return false;
    const oldestFirst = [...this.#members];
    const inOrder = message.kind === 'request' ? oldestFirst : oldestFirst.reverse();
    return (
      inOrder.some((member) => member.take(message)) ||
      this.use.listener().take({ ...this.place, principal: this.principal }, message)
    );
  }

  /** Whoever is asked: each of the calls may be the one that waits for the answer. */
  #questionOpened(): () => void {
    let isOpen = true;
    this.#tellQuestions(1);
    return () => {
      if (isOpen) this.#tellQuestions(-1);
      isOpen = false;
    };
  }

  #tellQuestions(change: 1 | -1): void {
    this.#questions += change;
    for (const member of this.#members) member.sessionAsks(this.#questions);
  }

  async #open(sent: () => void): Promise<void> {
    if (this.peers.isLeft(this.place.peer)) {
      this.#state = 'absent';
      return;
    }
    const cancellation = (this.#cancellation = new Cancellation());
    let response: BackendResponse | undefined;
    let failure: GatehouseError | undefined;
    try {
      response = await this.#ask(sent);
    } catch (error) {
      // The call that needs it finds out for itself what is wrong with the backend.
      failure = GatehouseError.from(error);
    }
    if (response?.status === 200 && isEventStream(response.headers['content-type'])) {
      this.#state = 'open';
      this.#refusals = 0;
      void this.#read(response).catch(() => (this.#state = 'closed'));
      return;
    }
    void response?.discard();
    // Between calls nothing brings a new token.
    this.#failedAlone = this.#members.size === 0;
    if (failure?.code === 'backend_unauthorized' && !this.#failedAlone) this.#refusals += 1;
    const status = response?.status ?? 0;
    // Who knows no such session says so to the call as well; then there is another one. To the rest it is a path that is not there.
    const passes = response === undefined || mayPass(status) || status === CONFLICT;
    const isOver = failure instanceof AnotherAccount || this.#refusals >= MOST_REFUSALS;
    this.#state = passes && !isOver ? 'closed' : 'absent';
    if (this.#state === 'closed') this.#pause(cancellation.reason !== undefined);
  }

  /** A call that goes on may be asked something later. */
  #pause(wasCancelled: boolean): void {
    if (wasCancelled) {
      this.#again(0);
      return;
    }
    const waitMs = Math.min(RETRY_AFTER_MS * 2 ** this.#failures, MAX_RETRY_MS);
    this.#failures += 1;
    this.#notBeforeMs = performance.now() + waitMs;
    this.#again(waitMs);
  }

  async #ask(sent: () => void, mayMakeRoom = this.#members.size > 0): Promise<BackendResponse> {
    const { peer, backend } = this.place;
    const { principal } = this;
    const { lastEventId } = this.#position;
    try {
      return await this.backends.send({
        backend,
        principal,
        method: 'GET',
        session: sessionIn(peer),
        headers: lastEventId === undefined ? listeningHeaders(peer) : resumingHeaders(peer, lastEventId),
        body: null,
        purpose: 'session',
        deadlineAtMs: Date.now() + LISTEN_FOR_MS,
        cancellation: this.#cancellation,
        began: sent,
      });
    } catch (error) {
      if (mayMakeRoom && GatehouseError.from(error).code === 'busy' && this.use.makeRoom(this))
        return await this.#ask(sent, false);
      throw error;
    }
  }

  async #read(response: BackendResponse): Promise<void> {
    const openedAtMs = performance.now();
    await readTold(response, (message) => this.#take(message), this.#position);
    this.#state = 'closed';
    this.#failedAlone = this.#members.size === 0 && performance.now() - openedAtMs < STAYS_OPEN_MS;
    this.#failures = this.#failedAlone ? this.#failures + 1 : 0;
    // A server may close it as often as it likes (SEP-1699).
    const retryMs = Math.max(this.#position.retryMs ?? RETRY_AFTER_MS, MIN_RETRY_MS);
    this.#again(Math.min(retryMs * 2 ** this.#failures, MAX_RETRY_MS));
  }

  #again(waitMs: number): void {
    if (!this.#isHeard || this.#isElsewhere) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#isHeard) this.open();
    }, waitMs).unref();
  }

  get #isHeard(): boolean {
    return this.#members.size > 0 || (!this.#isGivenUp && this.use.listener().listens(this.place));
  }

  #take(message: BackendMessage | undefined): void {
    if (message === undefined || this.hand(message) || message.kind !== 'request') return;
    if (!this.#replies.take()) return;
    const { backend, peer } = this.place;
    // Nobody can be asked that: the backend does not wait for nothing.
    this.peers.answerQuestion(backend, this.principal, peer, ownReply(message.id, message.method));
  }

  #rest(): void {
    if (this.#members.size > 0) return;
    clearTimeout(this.#timer);
    this.use.rests(this);
    this.#timer = setTimeout(() => {
      if (this.#state !== 'absent' && this.#isHeard) this.#rest();
      else this.#close();
    }, RESTS_FOR_MS).unref();
  }
}

/** On the one stream of HTTP with SSE everything is said. */
export const isOneStream = (peer: Peer): boolean =>
  peer.era === 'legacy' && peer.session !== undefined && peer.session.id.startsWith(STREAM_SESSION);
