import type { StreamReader } from './stream-ends.js';

/** Readers that get nothing more. What was written for them is in memory until they have it, or are gone. */
export class LeavingReaders {
  readonly #open = new Set<StreamReader>();
  #closed: (() => void)[] = [];

  end(reader: StreamReader): void {
    this.#open.add(reader);
    reader.end();
    reader.onClosed(() => {
      this.#open.delete(reader);
      if (this.#open.size === 0) for (const callback of this.#closed.splice(0)) callback();
    });
  }

  /** Calls back when none of them has anything to come. */
  whenClosed(callback: () => void): void {
    if (this.#open.size === 0) callback();
    else this.#closed.push(callback);
  }
}
