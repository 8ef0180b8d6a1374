import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Principal } from '../incoming-auth/principal.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import { isEventStream } from '../mcp/server-sent-events.js';
import type { AuthorizedBackend } from './authorized-backend.flow.js';
import type { BackendMessage } from './backend-message.js';
import type { BackendResponse } from './backend-response.client.js';
import { Cancellation } from './cancellation.js';
import { MessageStream, type StreamPosition } from './message-stream.js';
import { ownReply } from './own-reply.js';
import { mayPass } from './passing-status.js';
import { listeningHeaders, resumingHeaders, type LegacyPeer, type Peer } from './peer.js';
import type { Peers } from './peers.client.js';
import { ReplyBudget } from './reply-budget.js';
import { STREAM_SESSION } from './sse-session.client.js';

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

/** A server that says nothing until it has something to say is not waited for again. */
const OPENS_WITHIN_MS = SECOND_MS;
/** Most calls come in groups, and each stream is a connection. */
const RESTS_FOR_MS = 30 * SECOND_MS;
const LISTEN_FOR_MS = 30 * MINUTE_MS;
const RETRY_AFTER_MS = SECOND_MS;
const MIN_RETRY_MS = 100;
const MAX_EVENT_BYTES = 1_048_576;
const CONFLICT = 409;

const OVER = new GatehouseError('deadline_exceeded', 'nobody listens any more');
const NOTHING = (): void => undefined;
const NOBODY: SessionListener = { listens: () => false, take: () => false };

/**
 * The streams on which backends with sessions say what belongs to no request (MCP 2025-03-26 to 2025-11-25, transports, listening
 * for messages from the server). Some servers ask there what a call needs, so such a stream is open before a call is sent.
 */
export class SessionStreams {
  readonly #streams = new WeakMap<object, SessionStream>();
  /** No call runs; the one that rests for the longest comes first. */
  readonly #resting = new Set<SessionStream>();
  /** Backends that do not begin the stream at once. */
  readonly #slow = new Set<string>();
  #listener: SessionListener = NOBODY;

  constructor(
    private readonly backends: Pick<AuthorizedBackend, 'send'>,
    private readonly peers: Pick<Peers, 'answerQuestion'>,
  ) {}

  /** @param listener hears what is for no call. */
  hear(listener: SessionListener): void {
    this.#listener = listener;
  }

  /** Resolves when that session is listened to, or cannot be. @returns what to do when the member hears no more. */
  async join(place: StreamPlace, member: StreamMember): Promise<() => void> {
    const stream = this.#of(place);
    if (stream === undefined) return NOTHING;
    this.#resting.delete(stream);
    const leave = stream.add(member);
    const opening = stream.open();
    if (opening !== undefined && !this.#slow.has(place.backend) && !(await inTime(opening)))
      this.#slow.add(place.backend);
    return leave;
  }

  /** Another stream of that session is being opened: a server has one for each (MCP, transports). @returns its end. */
  listensElsewhere(place: StreamPlace): () => void {
    return this.#of(place)?.listensElsewhere() ?? NOTHING;
  }

  /** What came on that other stream. @returns false: it is for nobody. */
  hand(place: StreamPlace, message: BackendMessage): boolean {
    return !isOneStream(place.peer) && (this.#of(place)?.hand(message) ?? false);
  }

  #of(place: StreamPlace): SessionStream | undefined {
    const { peer } = place;
    if (peer.era === 'modern' || peer.session === undefined) return undefined;
    let stream = this.#streams.get(peer.session);
    if (stream === undefined) {
      stream = new SessionStream({ ...place, peer }, this.backends, this.peers, {
        rests: (one) => this.#resting.add(one),
        wakes: (one) => this.#resting.delete(one),
        makeRoom: () => this.#makeRoom(place.backend),
        listener: () => this.#listener,
      });
      this.#streams.set(peer.session, stream);
    } else stream.principal = place.principal;
    return stream;
  }

  /** A stream that rests gives its place to one that is needed. @returns false when there is none. */
  #makeRoom(backend: string): boolean {
    for (const stream of this.#resting)
      if (stream.backend === backend) {
        stream.close();
        return true;
      }
    return false;
  }
}

/** Told of how a stream is used. */
interface StreamUse {
  rests(stream: SessionStream): void;
  wakes(stream: SessionStream): void;
  makeRoom(): boolean;
  listener(): SessionListener;
}

class SessionStream {
  readonly #members = new Set<StreamMember>();
  /** `absent`: the server has none. */
  #state: 'closed' | 'opening' | 'open' | 'absent' = 'closed';
  #isElsewhere = false;
  #opening: Promise<void> | undefined;
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
    private readonly peers: Pick<Peers, 'answerQuestion'>,
    private readonly use: StreamUse,
  ) {
    // There it is a part of the transport.
    if (isOneStream(place.peer)) this.#state = 'absent';
    this.principal = place.principal;
  }

  get backend(): string {
    return this.place.backend;
  }

  add(member: StreamMember): () => void {
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
  open(): Promise<void> | undefined {
    if (this.#isElsewhere || this.#state === 'open' || this.#state === 'absent') return undefined;
    if (this.#state === 'closed') {
      this.#state = 'opening';
      this.#opening = this.#open();
    }
    return this.#opening;
  }

  listensElsewhere(): () => void {
    this.#isElsewhere = true;
    this.#cancellation.cancel(OVER);
    return () => {
      this.#isElsewhere = false;
      if (this.#members.size > 0) void this.open();
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.use.wakes(this);
    // What is said while nobody listens is for nobody who comes later.
    this.#position = { lastEventId: undefined, retryMs: undefined };
    this.#cancellation.cancel(OVER);
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

  async #open(): Promise<void> {
    this.#cancellation = new Cancellation();
    let response: BackendResponse | undefined;
    try {
      response = await this.#ask();
    } catch {
      // The call that needs it finds out for itself what is wrong with the backend.
    }
    if (response === undefined) this.#state = 'closed';
    else if (response.status === 200 && isEventStream(response.headers['content-type'])) {
      this.#state = 'open';
      void this.#read(response);
    } else {
      void response.discard();
      const passes = mayPass(response.status) || response.status === 404 || response.status === CONFLICT;
      this.#state = passes ? 'closed' : 'absent';
    }
  }

  async #ask(mayMakeRoom = true): Promise<BackendResponse> {
    const { peer, backend } = this.place;
    const { principal } = this;
    const { lastEventId } = this.#position;
    try {
      return await this.backends.send({
        backend,
        principal,
        method: 'GET',
        headers: lastEventId === undefined ? listeningHeaders(peer) : resumingHeaders(peer, lastEventId),
        body: null,
        purpose: 'session',
        deadlineAtMs: Date.now() + LISTEN_FOR_MS,
        cancellation: this.#cancellation,
      });
    } catch (error) {
      if (mayMakeRoom && GatehouseError.from(error).code === 'busy' && this.use.makeRoom())
        return await this.#ask(false);
      throw error;
    }
  }

  async #read(response: BackendResponse): Promise<void> {
    const stream = new MessageStream(
      {
        message: (message) => this.#take(message),
        kept: () => true,
        eventEnds: () => undefined,
        skipped: () => undefined,
        tooLarge: () => response.stop(OVER),
      },
      MAX_EVENT_BYTES,
      this.#position,
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
    this.#state = 'closed';
    this.#again();
  }

  /** A server may close it as often as it likes (SEP-1699). */
  #again(): void {
    const isHeard = this.#members.size > 0 || this.use.listener().listens(this.place);
    if (!isHeard || this.#isElsewhere) return;
    const waitMs = Math.max(this.#position.retryMs ?? RETRY_AFTER_MS, MIN_RETRY_MS);
    setTimeout(() => {
      if (this.#members.size > 0 || this.use.listener().listens(this.place)) void this.open();
    }, waitMs).unref();
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
      if (this.#state === 'open' && this.use.listener().listens(this.place)) this.#rest();
      else this.close();
    }, RESTS_FOR_MS).unref();
  }
}

const isOneStream = (peer: Peer): boolean =>
  peer.era === 'legacy' && peer.session !== undefined && peer.session.id.startsWith(STREAM_SESSION);

/** @returns false when it takes longer than a call should wait. */
async function inTime(opening: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), OPENS_WITHIN_MS);
  });
  try {
    return await Promise.race([opening.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
