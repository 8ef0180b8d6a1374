import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { LiveSet } from '@gatehouse/kernel/live-set';
import { KIB, MIB } from '@gatehouse/kernel/sizes';
import type { Log } from '@gatehouse/observability/log';
import { LRUCache } from 'lru-cache';
import type { Answer } from '../mcp/answer.js';
import type { RequestId } from '../mcp/message.js';
import { SIGN_OF_LIFE } from '../mcp/server-sent-events.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { StreamKind } from './event-id.js';
import { ResumableAnswer } from './resumable-answer.js';
import type { ResumableStream, StreamPlaces } from './resumable-stream.js';
import type { KeptStreams } from './kept-streams.store.js';

/** All streams together that are not over. The one that keeps most is emptied. */
export const MAX_OPEN_BYTES = 64 * MIB;
/** Of a stream that listens: what is missed there can be said in another way. */
const LISTENING_BYTES = 16 * KIB;
/** All streams together that are over. The oldest go. */
const MAX_OVER_BYTES = 16 * MIB;
/** What a stream costs beside its events. */
const STREAM_BYTES = 1_024;
const TICK_MS = SECOND_MS;
/** A stream that has lasted so long is written where other replicas find it; again, when it has changed, after as long. */
const SHARE_AFTER_MS = 5 * SECOND_MS;

/** One stream that is not over. */
interface OpenStream {
  readonly sinceMs: number;
  /** Since when nobody reads it. */
  awaySinceMs: number | undefined;
  sharedAtMs: number;
  /** How many events it had then. */
  sharedEvents: number;
}

interface Waiting {
  readonly answer: ResumableAnswer;
  /** When a sign of life is due. */
  dueAtMs: number;
}

/** The event streams of clients with sessions at this replica: those that go on, and those that were over a moment ago. */
export class ResumableStreams implements StreamPlaces {
  readonly #open = new Map<ResumableStream, OpenStream>();
  readonly #over: LRUCache<string, ResumableStream>;
  /** By digest of the session's id, then by id of the stream; oldest first. */
  readonly #ofSession = new Map<string, Map<string, ResumableStream>>();
  /** Requests whose answer has not begun. */
  readonly #waiting = new LiveSet<Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #openBytes = 0;

  constructor(
    /** Address of this replica. */
    readonly replica: string,
    private readonly bounds: VmcpProxyPart['resumption'],
    /** How long an event stream may be silent. */
    private readonly keepAliveMs: number,
    private readonly around: {
      readonly shared: Pick<KeptStreams, 'write'>;
      readonly log: Pick<Log, 'failure'>;
    },
    private readonly nowMs: () => number = Date.now,
  ) {
    this.#over = new LRUCache({
      maxSize: MAX_OVER_BYTES,
      ttl: bounds.keepForMs,
      sizeCalculation: ({ bytes }) => bytes + STREAM_BYTES,
      dispose: (stream) => this.#forget(stream),
    });
  }

  roomFor(kind: StreamKind): number {
    const { bytesPerStream } = this.bounds;
    return kind === 'listen' ? Math.min(bytesPerStream, LISTENING_BYTES) : bytesPerStream;
  }

  grew(bytes: number): void {
    this.#openBytes += bytes;
    while (this.#openBytes > MAX_OPEN_BYTES) {
      let largest: ResumableStream | undefined;
      for (const stream of this.#open.keys()) if (stream.bytes > (largest?.bytes ?? 0)) largest = stream;
      if (largest === undefined) return;
      largest.empty();
    }
  }

  /** How many streams go on. */
  get size(): number {
    return this.#open.size;
  }

  /** The answer to a request of that session, whose client reads event streams. */
  answerTo(requestId: RequestId, session: McpSession, first: Answer): ResumableAnswer {
    const answer = new ResumableAnswer({ kind: 'call', session, requestId }, first, this);
    answer.onBegin(this.#waiting.add({ answer, dueAtMs: this.nowMs() + this.keepAliveMs }));
    this.#tickOn();
    return answer;
  }

  /** The stream on which a client listens. */
  listening(session: McpSession, first: Answer): ResumableAnswer {
    return new ResumableAnswer({ kind: 'listen', session, requestId: undefined }, first, this);
  }

  /** That session's stream of that id. @param session digest of its id. */
  find(session: string, kind: StreamKind, id: string): ResumableStream | undefined {
    const stream = this.#ofSession.get(session)?.get(id);
    if (stream?.facts.kind !== kind) return undefined;
    return stream.isOver ? this.#over.get(id) : stream;
  }

  /** The session is over. @param session digest of its id. */
  endSession(session: string): void {
    for (const stream of [...(this.#ofSession.get(session)?.values() ?? [])])
      if (stream.isOver) this.#over.delete(stream.id);
      // A call whose client still reads is not ended by the end of its session.
      else if (stream.isAway) stream.expire();
  }

  /** This replica stops. Resolves when the streams that no connection here reads are where other replicas find them. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const leaving = [...this.#open.keys()].filter(
      ({ isAway, isElsewhere, facts }) => (isAway || isElsewhere) && facts.kind === 'call',
    );
    await Promise.all(
      leaving.map(async (stream) => {
        await new Promise<void>((sent) => stream.stop(sent));
        await this.around.shared.write(stream);
      }),
    );
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  admit(stream: ResumableStream): boolean {
    const { digest } = stream.facts.session;
    const streams = this.#ofSession.get(digest) ?? new Map<string, ResumableStream>();
    if (streams.size >= this.bounds.streamsPerSession && !this.#dropOldest(streams)) return false;
    // The last of them may have gone, and the session with it.
    this.#ofSession.set(digest, streams.set(stream.id, stream));
    const nowMs = this.nowMs();
    this.#open.set(stream, { sinceMs: nowMs, awaySinceMs: undefined, sharedAtMs: 0, sharedEvents: 0 });
    this.#tickOn();
    return true;
  }

  left(stream: ResumableStream): void {
    const open = this.#open.get(stream);
    if (open === undefined) return;
    if (this.#isStopping && stream.facts.kind === 'call') {
      stream.stop(() => undefined);
      return;
    }
    open.awaySinceMs = this.nowMs();
    this.#share(stream, open);
  }

  unread(stream: ResumableStream): void {
    if (stream.facts.kind === 'call' && this.#over.has(stream.id)) void this.around.shared.write(stream);
  }

  over(stream: ResumableStream, isKept: boolean): void {
    const open = this.#open.get(stream);
    this.#open.delete(stream);
    if (open === undefined) return;
    this.#openBytes -= stream.bytes;
    if (!isKept) {
      this.#forget(stream);
      return;
    }
    this.#over.set(stream.id, stream);
    // What others find there must not be less than what there was.
    if (stream.isAway || open.sharedEvents > 0) this.#share(stream, open);
  }

  #dropOldest(streams: ReadonlyMap<string, ResumableStream>): boolean {
    for (const stream of streams.values())
      if (stream.isOver) {
        this.#over.delete(stream.id);
        return true;
      }
    return false;
  }

  #forget({ id, facts }: ResumableStream): void {
    const { digest } = facts.session;
    const streams = this.#ofSession.get(digest);
    streams?.delete(id);
    if (streams?.size === 0) this.#ofSession.delete(digest);
  }

  /** Only the answer to a call is worth it: what is missed on a stream that listens can be said in another way. */
  #share(stream: ResumableStream, open: OpenStream): void {
    if (stream.facts.kind !== 'call') return;
    open.sharedAtMs = this.nowMs();
    open.sharedEvents = stream.newest;
    void this.around.shared.write(stream);
  }

  #tickOn(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  #tick(): void {
    const nowMs = this.nowMs();
    for (const waiting of this.#waiting)
      if (waiting.dueAtMs <= nowMs) this.#guarded(() => this.#sign(waiting, nowMs));
    for (const [stream, open] of [...this.#open]) this.#guarded(() => this.#look(stream, open, nowMs));
    this.#over.purgeStale();
    if (this.#open.size + this.#waiting.size + this.#over.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Nobody catches what a timer throws: one stream would end the process, with everybody's calls. */
  #guarded(look: () => void): void {
    try {
      look();
    } catch (error) {
      this.around.log.failure('stream-look-failed', GatehouseError.from(error));
    }
  }

  #sign(waiting: Waiting, nowMs: number): void {
    const { answer } = waiting;
    // Before: what fails is tried again, but not each second.
    waiting.dueAtMs = nowMs + this.keepAliveMs;
    // A proxy on the way would cut a connection on which nothing moves.
    if (answer.isEventStream) answer.write(SIGN_OF_LIFE);
    else answer.open();
  }

  #look(stream: ResumableStream, open: OpenStream, nowMs: number): void {
    if (!stream.isAway) open.awaySinceMs = undefined;
    if (open.awaySinceMs !== undefined && nowMs - open.awaySinceMs >= this.bounds.keepForMs) {
      stream.expire();
      return;
    }
    const forMs = nowMs - Math.max(open.sinceMs, open.sharedAtMs);
    const hasChanged = stream.newest !== open.sharedEvents;
    // What is written there has its time, too.
    if (forMs >= (hasChanged ? SHARE_AFTER_MS : this.bounds.keepForMs / 2)) this.#share(stream, open);
  }
}
