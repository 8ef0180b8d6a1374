import { setImmediate as nextTurn } from 'node:timers/promises';

/** Nothing else can run meanwhile. */
const MAX_AT_ONCE_MS = 10;

/** Work in many small steps that lets others have their turn. */
export class LongWork {
  #sinceMs = performance.now();

  /** After each step. @returns `undefined` when the work may go on at once. */
  pause(): Promise<void> | undefined {
    return performance.now() - this.#sinceMs < MAX_AT_ONCE_MS ? undefined : this.#giveWay();
  }

  async #giveWay(): Promise<void> {
    await nextTurn();
    this.#sinceMs = performance.now();
  }
}
