import { ANSWER_WITHIN_MS } from './call-time.js';

/**
 * A question that a client with a session was asked in the course of one call, and that another call may wait for. It outlives the
 * call in whose course it was asked, and has an end: a backend does not wait for ever.
 */
export class SessionQuestion {
  #isOpen = true;
  readonly #timer = setTimeout(() => this.refuse(), ANSWER_WITHIN_MS).unref();

  constructor(
    private readonly settled: () => void,
    /** Tells the backend that nobody answers. */
    private readonly refused: () => void,
  ) {}

  answered(): void {
    if (this.forget()) this.settled();
  }

  refuse(): void {
    if (!this.forget()) return;
    this.settled();
    this.refused();
  }

  /** @returns false when it was not open any more. */
  forget(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    clearTimeout(this.#timer);
    return wasOpen;
  }
}
