import { setTimeout as delay } from 'node:timers/promises';
import { SingleFlight } from '@gatehouse/kernel/single-flight';

/**
 * Looks something up, one look at a time and no more often than the pace. A caller waits for a look that starts after its
 * question, and shares it with the others. So a flood of questions costs one look per pace, and no caller gets an answer
 * that is older than its question.
 */
export class PacedLook {
  /** The look that has not begun yet. */
  readonly #next = new SingleFlight<'look', void>();
  /** The one under way. */
  #looking: Promise<void> = Promise.resolve();
  #mayBeginAtMs = 0;

  constructor(
    private readonly look: () => Promise<void>,
    private readonly paceMs: number,
  ) {}

  /** @throws what the look throws. */
  async next(): Promise<void> {
    await this.#next.run('look', () => this.#begin());
  }

  async #begin(): Promise<void> {
    await this.#looking;
    const waitMs = this.#mayBeginAtMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { ref: false });
    this.#mayBeginAtMs = performance.now() + this.paceMs;
    // Later callers wait for another look.
    this.#next.drop();
    const look = this.look();
    this.#looking = look.catch(() => undefined);
    await look;
  }
}
