import type { Pieces } from '../json/held-value.js';
import { EVENT_STREAM_TYPE, type Answer } from '../mcp/answer.js';
import type { JsonObject } from '../mcp/message.js';

/** The answer to a call as one event stream, however often its backend answers and in which form. */
export class LiveStream implements Answer {
  readonly begun = true;
  readonly isEventStream = true;
  readonly isLive = true;
  #drained: () => void = () => undefined;
  readonly #closed: (() => void)[] = [];

  constructor(private readonly answer: Answer) {
    if (!answer.begun) answer.begin(200, EVENT_STREAM_TYPE);
    answer.onDrain(() => this.#drained());
    answer.onClosed(() => {
      for (const callback of this.#closed) callback();
    });
  }

  /** A message of ours. */
  say(message: JsonObject): void {
    this.answer.message([JSON.stringify({ jsonrpc: '2.0', ...message })]);
  }

  whole(status: number, contentType: string, body: Buffer | string): void {
    this.pieces(status, contentType, [body]);
  }

  /** The response, in an event: the status has been sent. */
  pieces(_status: number, _contentType: string, body: Pieces): void {
    this.answer.lastMessage(body);
  }

  empty(): void {
    this.answer.end();
  }

  begin(): void {
    // It has begun.
  }

  write(chunk: Buffer | string): boolean {
    return this.answer.write(chunk);
  }

  message(text: Pieces): boolean {
    return this.answer.message(text);
  }

  lastMessage(text: Pieces): boolean {
    return this.answer.lastMessage(text);
  }

  end(): void {
    this.answer.end();
  }

  breakOff(): void {
    this.answer.breakOff();
  }

  /** For what is delivered now; what was delivered before needs it no more. */
  onDrain(callback: () => void): void {
    this.#drained = callback;
  }

  onClosed(callback: () => void): void {
    this.#closed.push(callback);
  }

  onGone(callback: () => void): void {
    this.answer.onGone(callback);
  }
}
