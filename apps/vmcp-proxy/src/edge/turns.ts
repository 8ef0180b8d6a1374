/** A slice of long work. @returns whether there is more to do. */
export type Slice = () => boolean;

/**
 * Does long work of many people a slice at a time. One slice runs in each turn of the event loop, so everything else
 * goes on between two of them, however much there is to do; people take turns, so nobody's work waits for all that
 * somebody else brings.
 */
export class Turns {
  /** Work of each person in its order; who is first here has the next turn. */
  readonly #lanes = new Map<string, Slice[]>();

  constructor(private readonly soon: (turn: () => void) => void = setImmediate) {}

  /** Resolves when a slice says that there is no more. @throws what a slice throws. */
  async run(person: string, slice: Slice): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#add(person, () => {
        try {
          if (slice()) return true;
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error('a slice failed', { cause: error }));
        }
        return false;
      });
    });
  }

  #add(person: string, slice: Slice): void {
    if (this.#lanes.size === 0) this.soon(() => this.#turn());
    const lane = this.#lanes.get(person);
    if (lane === undefined) this.#lanes.set(person, [slice]);
    else lane.push(slice);
  }

  #turn(): void {
    for (const [person, lane] of this.#lanes) {
      const [first] = lane;
      if (first?.() !== true) lane.shift();
      this.#lanes.delete(person);
      // To the end of those who wait.
      if (lane.length > 0) this.#lanes.set(person, lane);
      break;
    }
    if (this.#lanes.size > 0) this.soon(() => this.#turn());
  }
}
