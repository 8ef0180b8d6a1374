import type { Pieces } from '../json/held-value.js';
import type { Answer, AnswerHeaders } from '../mcp/answer.js';

/**
 * The answer to one call whose client comes back for it: what is written goes to the request that waits at the moment. What is
 * written while none waits goes nowhere.
 */
export class RelayedAnswer implements Answer {
  readonly isLive = true;
  #newest: Answer | undefined;
  #waits = false;
  #isClosed = false;
  #isGone = false;
  #drained: () => void = () => undefined;
  readonly #closed: (() => void)[] = [];
  readonly #gone: (() => void)[] = [];

  /** From now on this one is written to. */
  to(answer: Answer): void {
    this.#newest = answer;
    this.#waits = true;
    this.#isClosed = false;
    // There is nothing yet that its client has not taken.
    this.#drained();
    answer.onDrain(() => {
      if (this.#newest === answer) this.#drained();
    });
    answer.onClosed(() => {
      if (this.#newest !== answer) return;
      this.#isClosed = true;
      this.#drained();
      for (const callback of this.#closed) callback();
    });
    answer.onGone(() => {
      if (this.#newest !== answer) return;
      this.#isGone = true;
      for (const callback of this.#gone) callback();
    });
  }

  /** It has its whole answer: nobody waits now. */
  release(): void {
    this.#waits = false;
  }

  get begun(): boolean {
    return this.#now?.begun ?? false;
  }

  get isEventStream(): boolean {
    return this.#now?.isEventStream ?? false;
  }

  whole(status: number, contentType: string, body: Buffer | string, headers?: AnswerHeaders): void {
    this.#now?.whole(status, contentType, body, headers);
  }

  pieces(status: number, contentType: string, body: Pieces): void {
    this.#now?.pieces(status, contentType, body);
  }

  empty(status: number, headers?: AnswerHeaders): void {
    this.#now?.empty(status, headers);
  }

  begin(status: number, contentType: string): void {
    this.#now?.begin(status, contentType);
  }

  write(chunk: Buffer | string): boolean {
    return this.#now?.write(chunk) ?? true;
  }

  message(text: Pieces): boolean {
    return this.#now?.message(text) ?? true;
  }

  lastMessage(text: Pieces): boolean {
    return this.#now?.lastMessage(text) ?? true;
  }

  end(): void {
    this.#now?.end();
  }

  breakOff(): void {
    this.#now?.breakOff();
  }

  onDrain(callback: () => void): void {
    this.#drained = callback;
  }

  /** Called for each of the requests. */
  onClosed(callback: () => void): void {
    if (this.#isClosed) callback();
    this.#closed.push(callback);
  }

  /** Called when the newest request goes away before it had its whole answer. */
  onGone(callback: () => void): void {
    if (this.#isGone) callback();
    else this.#gone.push(callback);
  }

  get #now(): Answer | undefined {
    return this.#waits ? this.#newest : undefined;
  }
}
