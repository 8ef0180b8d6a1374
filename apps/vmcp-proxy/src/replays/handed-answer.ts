import { joined, type Pieces } from '../json/held-value.js';
import { EVENT_STREAM_TYPE, type Answer, type AnswerHeaders } from '../mcp/answer.js';
import { writeEvent } from '../mcp/event-pieces.js';
import type { RemoteReader } from './remote-reader.js';

/** How an answer begins. */
export interface Beginning {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly headers: AnswerHeaders;
}

/** The answer to a request that came to another replica. */
export class HandedAnswer implements Answer {
  readonly isLive = true;
  #begun = false;
  #isEventStream = false;
  #isGone = false;
  readonly #drained: (() => void)[] = [];
  readonly #gone: (() => void)[] = [];

  constructor(
    private readonly reader: RemoteReader,
    private readonly begins: (beginning: Beginning) => void,
    private readonly breaks: () => void,
  ) {
    reader.onDrain(() => {
      for (const callback of this.#drained) callback();
    });
    reader.onGone(() => {
      this.#isGone = true;
      for (const callback of this.#gone.splice(0)) callback();
    });
  }

  get begun(): boolean {
    return this.#begun;
  }

  get isEventStream(): boolean {
    return this.#isEventStream;
  }

  whole(status: number, contentType: string, body: Buffer | string, headers: AnswerHeaders = {}): void {
    this.#begin({ status, contentType, headers });
    this.write(body);
    this.end();
  }

  pieces(status: number, contentType: string, body: Pieces): void {
    this.#begin({ status, contentType, headers: {} });
    for (const piece of joined(body)) this.write(piece);
    this.end();
  }

  empty(status: number, headers: AnswerHeaders = {}): void {
    this.#begin({ status, contentType: undefined, headers });
    this.end();
  }

  begin(status: number, contentType: string, first?: Buffer | string): void {
    this.#begin({ status, contentType, headers: {} });
    if (first !== undefined) this.write(first);
  }

  write(chunk: Buffer | string): boolean {
    return this.reader.write(chunk);
  }

  message(text: Pieces): boolean {
    return writeEvent(text, (piece) => this.write(piece));
  }

  lastMessage(text: Pieces): boolean {
    const hasRoom = this.message(text);
    this.end();
    return hasRoom;
  }

  end(): void {
    this.reader.end();
  }

  breakOff(): void {
    this.breaks();
    this.reader.left();
  }

  onDrain(callback: () => void): void {
    this.#drained.push(callback);
  }

  onClosed(callback: () => void): void {
    this.reader.onClosed(callback);
  }

  onGone(callback: () => void): void {
    if (this.#isGone) callback();
    else this.#gone.push(callback);
  }

  #begin(beginning: Beginning): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#isEventStream = beginning.contentType === EVENT_STREAM_TYPE;
    this.begins(beginning);
  }
}
