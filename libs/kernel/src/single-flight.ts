/** One run of a {@link SingleFlight}, as the work that it is sees it. */
export interface Flight {
  /** Whether a drop came since it began: its answer may be out of date, and must not be kept. */
  readonly isDropped: boolean;
}

interface Running<Value> {
  readonly flight: { isDropped: boolean };
  readonly landing: Promise<Value>;
}

/**
 * One run per key at a time: whoever asks while it runs shares its outcome, a failure too. A drop says that the world has
 * changed: what runs goes on for those who wait for it, nobody else joins it, and it knows that its answer is not to be kept.
 */
export class SingleFlight<Key, Value> {
  readonly #running = new Map<Key, Running<Value>>();

  /** Joins the run of this key, or begins one. @throws what the work throws. */
  run(key: Key, work: (flight: Flight) => Promise<Value>): Promise<Value> {
    const known = this.#running.get(key);
    if (known !== undefined) return known.landing;
    const flight = { isDropped: false };
    // Whatever the work throws, also at once, is the outcome for all who wait.
    const landing = (async () => await work(flight))();
    const running = { flight, landing };
    this.#running.set(key, running);
    const landed = () => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    };
    landing.then(landed, landed);
    return landing;
  }

  isRunning(key: Key): boolean {
    return this.#running.has(key);
  }

  /** What runs now began before the world changed: all of it, or what runs for some keys. */
  drop(keys: Iterable<Key> = [...this.#running.keys()]): void {
    for (const key of keys) {
      const running = this.#running.get(key);
      if (running !== undefined) running.flight.isDropped = true;
      this.#running.delete(key);
    }
  }

  /** Resolves when everything that runs now has come to its end, whichever it is. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map(({ landing }) => landing));
  }
}
