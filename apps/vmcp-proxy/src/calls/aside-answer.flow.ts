import type { Pieces } from '../json/held-value.js';
import { EVENT_STREAM_TYPE, type Answer, type AnswerHeaders } from '../mcp/answer.js';
import { ForwardedAnswer } from '../mcp/forwarded-answer.js';
import { SIGN_OF_LIFE } from '../mcp/server-sent-events.js';

/**
 * The answer to a call in whose course a backend can say something beside its answer. Then it is an event stream from there on,
 * whatever form the backend's own answer has.
 */
export class AsideAnswer extends ForwardedAnswer {
  #isFull = false;
  #isOver = false;
  #signs: NodeJS.Timeout | undefined;
  readonly #drained: (() => void)[] = [];

  constructor(
    answer: Answer,
    /** How long an event stream to the client may be silent. */
    private readonly keepAliveMs: number,
  ) {
    super(answer);
    answer.onDrain(() => {
      this.#isFull = false;
      for (const callback of this.#drained) callback();
    });
  }

  /** The response has been written, or is being written: nothing comes after it. */
  get isOver(): boolean {
    return this.#isOver || (this.answer.begun && !this.answer.isEventStream);
  }

  /** The client has not taken what was written. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** @returns false when that is not possible any more. */
  say(text: Pieces): boolean {
    if (this.isOver) return false;
    if (!this.answer.begun) {
      this.answer.begin(200, EVENT_STREAM_TYPE);
      this.#signs ??= setInterval(() => {
        if (!this.#isFull) this.write(SIGN_OF_LIFE);
      }, this.keepAliveMs).unref();
      this.answer.onClosed(() => this.release());
    }
    this.message(text);
    return true;
  }

  /** No more signs of life: somebody else answers, or nobody waits. */
  release(): void {
    clearInterval(this.#signs);
    this.#signs = undefined;
  }

  override whole(status: number, contentType: string, body: Buffer | string, headers?: AnswerHeaders): void {
    if (this.#streams) this.lastMessage([body]);
    else {
      this.#ends();
      super.whole(status, contentType, body, headers);
    }
  }

  override pieces(status: number, contentType: string, body: Pieces): void {
    if (this.#streams) this.lastMessage(body);
    else {
      this.#ends();
      super.pieces(status, contentType, body);
    }
  }

  override empty(status: number, headers?: AnswerHeaders): void {
    this.#ends();
    if (this.#streams) super.end();
    else super.empty(status, headers);
  }

  override begin(status: number, contentType: string, first?: Buffer | string): void {
    this.release();
    if (!this.#streams) super.begin(status, contentType, first);
    else if (first !== undefined) this.write(first);
  }

  override write(chunk: Buffer | string): boolean {
    return this.#noted(super.write(chunk));
  }

  override message(text: Pieces): boolean {
    return this.#noted(super.message(text));
  }

  override lastMessage(text: Pieces): boolean {
    this.#ends();
    return this.#noted(super.lastMessage(text));
  }

  override end(): void {
    this.#ends();
    super.end();
  }

  override breakOff(): void {
    this.#ends();
    super.breakOff();
  }

  override onDrain(callback: () => void): void {
    this.#drained.push(callback);
  }

  get #streams(): boolean {
    return this.answer.begun && this.answer.isEventStream;
  }

  #ends(): void {
    this.#isOver = true;
    this.release();
  }

  #noted(hasRoom: boolean): boolean {
    this.#isFull = !hasRoom;
    return hasRoom;
  }
}
