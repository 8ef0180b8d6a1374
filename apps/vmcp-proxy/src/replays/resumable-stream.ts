import { randomUUID } from 'node:crypto';
import { joined, type Pieces } from '../json/held-value.js';
import { EVENT_STREAM_TYPE, type Answer } from '../mcp/answer.js';
import { eventPieces } from '../mcp/event-pieces.js';
import type { RequestId } from '../mcp/message.js';
import { SIGN_OF_LIFE } from '../mcp/server-sent-events.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import { eventId, requestPart, type StreamKind } from './event-id.js';
import { KeptEvents, type KeptEvent } from './kept-events.js';
import { LeavingReaders } from './leaving-readers.js';
import { NOBODY, type StreamReader, type StreamWriter } from './stream-ends.js';
import { idLine, notKept, placeEvent, replicaGone, replicaStops } from './stream-words.js';

/** What came of wanting to go on: `complete`: there is nothing more to read, and nothing was begun. */
export type Resumed = 'reading' | 'complete' | 'unknown';

export interface StreamFacts {
  readonly kind: StreamKind;
  readonly session: McpSession;
  /** That it answers. */
  readonly requestId: RequestId;
}

/** Where streams are kept while they, or their clients, are away. */
export interface StreamPlaces {
  /** Address of this replica. */
  readonly replica: string;
  /** Of one stream. */
  roomFor(kind: StreamKind): number;
  /** A stream that is not over keeps so many bytes more, or fewer. */
  grew(bytes: number): void;
  /** @returns false when the session has no room for one more: then it has no ids, and cannot be resumed. */
  admit(stream: ResumableStream): boolean;
  /** Its reader has left. */
  left(stream: ResumableStream): void;
  /** It is over, and its reader has left before it had everything. */
  unread(stream: ResumableStream): void;
  /** Nothing comes any more. @param isKept its client may still ask for what it has not got. */
  over(stream: ResumableStream, isKept: boolean): void;
}

/** What another replica has to know to give what is kept, when this one is gone. */
export interface StreamRecord {
  /** Address of the one that wrote it. */
  readonly replica: string;
  readonly newest: number;
  readonly lostUpTo: number;
  readonly events: readonly KeptEvent[];
  readonly isOver: boolean;
  /** What is said in place of what is missing. */
  readonly notKept: string;
  readonly replicaGone: string;
}

/** One event stream of a client with a session. It goes on while its client is away, and its newest events are kept. */
export class ResumableStream {
  readonly id = randomUUID();
  /** Absent where the stream cannot be resumed. */
  readonly #kept: KeptEvents | undefined;
  #isOver = false;
  /** The client knows a place from which it can go on. */
  #hasCursor = false;
  #request: string | undefined;
  #writer: StreamWriter;
  #reader: StreamReader | undefined;
  readonly #leaving = new LeavingReaders();
  /** Position of the event after which nothing comes. */
  #lastAt: number | undefined;

  /** @param first on which it begins. */
  constructor(
    readonly facts: StreamFacts,
    private readonly places: StreamPlaces,
    writer: StreamWriter,
    first: Answer,
  ) {
    this.#writer = writer;
    if (places.admit(this)) this.#kept = new KeptEvents(places.roomFor(facts.kind));
    first.begin(200, EVENT_STREAM_TYPE, this.#place());
    this.#reader = first;
    first.onDrain(() => {
      if (this.#reader === first) writer.drained();
    });
  }

  /** Nobody reads it at the moment. */
  get isAway(): boolean {
    return this.#reader === undefined;
  }

  /** Its reader can be waited for: no connection here does. */
  get isElsewhere(): boolean {
    return this.#reader?.isElsewhere === true;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What it keeps in memory. */
  get bytes(): number {
    return this.#kept?.bytes ?? 0;
  }

  /** How many events there have been. */
  get newest(): number {
    return this.#kept?.newest ?? 0;
  }

  get record(): StreamRecord | undefined {
    const kept = this.#kept;
    if (kept === undefined) return undefined;
    const { newest, lostUpTo, all: events } = kept;
    const { requestId } = this.facts;
    const instead = { notKept: notKept(requestId), replicaGone: replicaGone(requestId) };
    return { replica: this.places.replica, newest, lostUpTo, events, isOver: this.#isOver, ...instead };
  }

  /** A comment: no event, and not kept. */
  comment(text: Buffer | string): boolean {
    return this.#reader?.write(text) ?? true;
  }

  /** @returns false when the reader has enough for now. */
  message(text: Pieces): boolean {
    return this.#isOver || this.#send(eventPieces(text));
  }

  /** The response. */
  lastMessage(text: Pieces): boolean {
    if (this.#isOver) return true;
    this.#lastAt = this.newest + 1;
    const hasRoom = this.message(text);
    this.finish(true);
    return hasRoom;
  }

  /** What was sent on the stream that this one takes the place of. @param text see {@link KeptEvent} */
  again(text: string): void {
    this.#send([Buffer.from(text, 'latin1')]);
  }

  /** @param isKept who comes back is given what it has not got. */
  finish(isKept: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const reader = this.#reader;
    const writer = this.#writer;
    if (reader !== undefined) this.#leaving.end(reader);
    this.places.over(this, isKept && this.#kept !== undefined);
    // What is kept for a minute must not hold connections and calls.
    this.#reader = undefined;
    this.#writer = NOBODY;
    this.#leaving.whenClosed(() => writer.closed());
  }

  breakOff(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.breakOff();
    this.finish(false);
  }

  /** Lets go of its reader, who comes back; the stream goes on meanwhile. */
  release(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    this.left(reader);
    reader.end();
  }

  /** A reader is not there any more. */
  left(reader: StreamReader): void {
    if (this.#isOver) {
      this.places.unread(this);
      return;
    }
    if (this.#reader !== reader) return;
    this.#reader = undefined;
    if (this.#kept === undefined || !this.#hasCursor) {
      this.expire();
      return;
    }
    this.places.left(this);
    this.#writer.drained();
  }

  /**
   * Sends to this reader what came after that event, and what comes from now on. Whoever read before is sent away: it may be
   * dead without our knowing.
   */
  resume(reader: StreamReader, after: number): Resumed {
    const missed = this.#kept?.after(after);
    if (this.#kept === undefined || missed === undefined) return 'unknown';
    if (this.#isOver && missed.isWhole && missed.events.length === 0) return 'complete';
    const before = this.#reader;
    this.#reader = undefined;
    if (before !== undefined) this.#leaving.end(before);
    if (!missed.isWhole) {
      const text = joined([
        idLine(this.#idOf(this.#kept.next(), true)),
        ...eventPieces([notKept(this.facts.requestId)]),
      ]);
      reader.begin(200, EVENT_STREAM_TYPE, Buffer.concat(text));
      reader.end();
      this.expire();
      return 'reading';
    }
    const texts = missed.events.map(({ position, text }) => idLine(this.#idOf(position)) + text);
    if (texts.length === 0) texts.push(this.#place() ?? SIGN_OF_LIFE);
    reader.begin(200, EVENT_STREAM_TYPE, Buffer.from(texts.join(''), 'latin1'));
    if (this.#isOver) {
      reader.end();
      return 'reading';
    }
    this.#reader = reader;
    reader.onDrain(() => {
      if (this.#reader === reader) this.#writer.drained();
    });
    reader.onGone(() => this.left(reader));
    this.#writer.drained();
    return 'reading';
  }

  /** Another stream goes on with this one. @returns what its reader has not got; `undefined`: that is not known. */
  takeOver(after: number): readonly string[] | undefined {
    const missed = this.#kept?.after(after);
    this.finish(false);
    return missed?.isWhole === true ? missed.events.map(({ text }) => text) : undefined;
  }

  /** Nobody comes for it any more. */
  expire(): void {
    const writer = this.#writer;
    // First: who is told that nobody comes may end it, and that would keep it.
    this.finish(false);
    writer.gone();
  }

  /** This replica stops, and the client has no connection here. @param sent its last words are on their way. */
  stop(sent: () => void): void {
    const writer = this.#writer;
    const reader = this.#reader;
    this.lastMessage([replicaStops(this.facts.requestId)]);
    writer.gone();
    if (reader === undefined) sent();
    else reader.onClosed(sent);
  }

  /** Others need the room: what was sent can be had no more. */
  empty(): void {
    const before = this.bytes;
    this.#kept?.clear();
    this.places.grew(this.bytes - before);
  }

  #send(pieces: Pieces): boolean {
    const kept = this.#kept;
    if (kept === undefined) return this.#write(joined(pieces));
    const id = idLine(this.#idOf(kept.next()));
    const buffers = joined([id, ...pieces]);
    const before = kept.bytes;
    kept.keep(buffers, id.length);
    this.places.grew(kept.bytes - before);
    this.#hasCursor = true;
    return this.#write(buffers);
  }

  #write(buffers: readonly Buffer[]): boolean {
    let hasRoom = true;
    for (const buffer of buffers) hasRoom = this.#reader?.write(buffer) ?? true;
    return hasRoom;
  }

  /** Tells clients that understand it where they are, so that they can come back before anything was said (SEP-1699). */
  #place(): string | undefined {
    const kept = this.#kept;
    if (kept === undefined || this.facts.session.protocolVersion !== '2025-11-25') return undefined;
    this.#hasCursor = true;
    return placeEvent(this.#idOf(kept.next()));
  }

  #idOf(position: number, isLast = position === this.#lastAt): string {
    const { id: stream, facts, places } = this;
    const request = (this.#request ??= requestPart(facts.requestId));
    const place = { kind: facts.kind, replica: places.replica, stream, position, isLast };
    return eventId(request === undefined ? place : { ...place, request });
  }
}
