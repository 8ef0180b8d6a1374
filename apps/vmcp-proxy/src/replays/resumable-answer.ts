import type { Pieces } from '../json/held-value.js';
import { EVENT_STREAM_TYPE, type Answer, type AnswerHeaders } from '../mcp/answer.js';
import { ResumableStream, type StreamFacts, type StreamPlaces } from './resumable-stream.js';
import { refusedLate } from './stream-words.js';

/**
 * The answer to a request of a client with a session. Where it is an event stream, it goes on while its client is away:
 * disconnection is no cancellation (MCP 2025-03-26 to 2025-11-25, transports). The client comes back with `Last-Event-ID`, and
 * reads on. Every other answer goes straight through.
 */
export class ResumableAnswer implements Answer {
  readonly isLive = true;
  #hasBegun = false;
  #onBegin: (() => void) | undefined;
  #isGone = false;
  #stream: ResumableStream | undefined;
  readonly #drained: (() => void)[] = [];
  #closed: (() => void)[] | undefined;
  readonly #gone: (() => void)[] = [];

  constructor(
    private readonly facts: StreamFacts,
    /** The response to the request itself. */
    private readonly first: Answer,
    private readonly places: StreamPlaces,
  ) {
    first.onGone(() => {
      if (this.#stream === undefined) this.#fireGone();
      else this.#stream.left(first);
    });
  }

  get begun(): boolean {
    return this.#hasBegun;
  }

  /** Calls back when it begins, in whichever form. */
  onBegin(callback: () => void): void {
    this.#onBegin = callback;
  }

  get isEventStream(): boolean {
    return this.#stream !== undefined;
  }

  get stream(): ResumableStream | undefined {
    return this.#stream;
  }

  whole(status: number, contentType: string, body: Buffer | string, headers?: AnswerHeaders): void {
    if (this.#begins() === undefined) this.first.whole(status, contentType, body, headers);
    else this.lastMessage([body]);
  }

  pieces(status: number, contentType: string, body: Pieces): void {
    if (this.#begins() === undefined) this.first.pieces(status, contentType, body);
    else this.lastMessage(body);
  }

  empty(status: number, headers?: AnswerHeaders): void {
    if (this.#begins() === undefined) this.first.empty(status, headers);
    // Another status has been sent already.
    else if (status >= 400 && this.facts.kind === 'call')
      this.lastMessage([refusedLate(this.facts.requestId, status)]);
    else this.end();
  }

  begin(status: number, contentType: string, first?: Buffer | string): void {
    if (this.#begins() !== undefined) return;
    if (contentType === EVENT_STREAM_TYPE) this.open();
    else this.first.begin(status, contentType, first);
  }

  /** Begins the event stream, also where it is not known yet what the answer is. */
  open(): void {
    if (this.#stream !== undefined || this.#isGone) return;
    // Somebody has answered in its place.
    if (this.first.begun) {
      this.#begins();
      return;
    }
    const writer = {
      drained: () => this.#fireDrained(),
      gone: () => this.#fireGone(),
      closed: () => this.#fireClosed(),
    };
    this.#stream = new ResumableStream(this.facts, this.places, writer, this.first);
  }

  write(chunk: Buffer | string): boolean {
    return this.#stream?.comment(chunk) ?? this.first.write(chunk);
  }

  message(text: Pieces): boolean {
    return this.#stream?.message(text) ?? true;
  }

  lastMessage(text: Pieces): boolean {
    return this.#stream?.lastMessage(text) ?? true;
  }

  /** A call that ends without a response was cancelled: its client, who comes back all the same, finds that it is over. */
  end(): void {
    const stream = this.#begins();
    if (stream === undefined) this.first.end();
    else stream.finish(this.facts.kind === 'call');
  }

  breakOff(): void {
    const stream = this.#begins();
    if (stream === undefined) this.first.breakOff();
    else stream.breakOff();
  }

  onDrain(callback: () => void): void {
    if (this.#stream === undefined) this.first.onDrain(callback);
    else this.#drained.push(callback);
  }

  onClosed(callback: () => void): void {
    if (this.#closed !== undefined) {
      this.#closed.push(callback);
      return;
    }
    this.#closed = [callback];
    this.first.onClosed(() => {
      // A stream goes on without the connection on which it began, and is read at others.
      if (this.#stream === undefined) this.#fireClosed();
    });
  }

  onGone(callback: () => void): void {
    if (this.#isGone) callback();
    else this.#gone.push(callback);
  }

  /** @returns the stream that has begun before. */
  #begins(): ResumableStream | undefined {
    if (!this.#hasBegun) this.#onBegin?.();
    this.#hasBegun = true;
    return this.#stream;
  }

  #fireDrained(): void {
    for (const callback of [...this.#drained]) callback();
  }

  #fireGone(): void {
    this.#isGone = true;
    for (const callback of this.#gone.splice(0)) callback();
  }

  #fireClosed(): void {
    for (const callback of this.#closed?.splice(0) ?? []) callback();
  }
}
