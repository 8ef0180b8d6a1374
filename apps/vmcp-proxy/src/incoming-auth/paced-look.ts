import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks something up for whoever asks, one look at a time and not more often than the pace. Who asks waits for a look
 * that begins after that, and shares it: however many ask for nothing, nobody gets an answer that is older than the
 * question.
 */
export class PacedLook {
  /** The look that has not begun yet. */
  #next: Promise<void> | undefined;
  #latest: Promise<void> = Promise.resolve();
  #mayBeginAtMs = 0;

  constructor(
    private readonly look: () => Promise<void>,
    private readonly paceMs: number,
  ) {}

  /** @throws what the look throws. */
  async next(): Promise<void> {
    if (this.#next === undefined) {
      this.#next = this.#begin(this.#latest);
      this.#latest = this.#next;
    }
    await this.#next;
  }

  async #begin(before: Promise<void>): Promise<void> {
    await before.catch(() => undefined);
    const waitMs = this.#mayBeginAtMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { ref: false });
    this.#mayBeginAtMs = performance.now() + this.paceMs;
    this.#next = undefined;
    await this.look();
  }
}
