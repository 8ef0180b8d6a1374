import type { Pieces } from '../json/held-value.js';
import { EVENT_STREAM_TYPE, type Answer } from '../mcp/answer.js';
import { ForwardedAnswer } from '../mcp/forwarded-answer.js';
import type { JsonObject } from '../mcp/message.js';

/** The answer to a call as one event stream, however often its backend answers and in which form. */
export class LiveStream extends ForwardedAnswer {
  #drained: () => void = () => undefined;
  readonly #closed: (() => void)[] = [];

  constructor(answer: Answer) {
    super(answer);
    if (!answer.begun) answer.begin(200, EVENT_STREAM_TYPE);
    answer.onDrain(() => this.#drained());
    answer.onClosed(() => {
      for (const callback of this.#closed) callback();
    });
  }

  override get begun(): boolean {
    return true;
  }

  override get isLive(): boolean {
    return true;
  }

  override get isEventStream(): boolean {
    return true;
  }

  /** A message of ours. */
  say(message: JsonObject): void {
    this.answer.message([JSON.stringify({ jsonrpc: '2.0', ...message })]);
  }

  override whole(status: number, contentType: string, body: Buffer | string): void {
    this.pieces(status, contentType, [body]);
  }

  /** The response, in an event: the status has been sent. */
  override pieces(_status: number, _contentType: string, body: Pieces): void {
    this.answer.lastMessage(body);
  }

  override empty(): void {
    this.answer.end();
  }

  override begin(): void {
    // It has begun.
  }

  /** For what is delivered now; what was delivered before needs it no more. */
  override onDrain(callback: () => void): void {
    this.#drained = callback;
  }

  override onClosed(callback: () => void): void {
    this.#closed.push(callback);
  }
}
