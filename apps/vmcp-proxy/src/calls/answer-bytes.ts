import type { BytesInFlight, HeldBytes } from './bytes-in-flight.js';

/** Not counted: the number of calls is limited as well. */
const SMALL_BYTES = 65_536;

/** What one answer keeps in memory, from when it comes from the backend until the client has it; it counts as its person's. */
export class AnswerBytes {
  #bytes = 0;
  #held: HeldBytes | undefined;

  constructor(
    private readonly all: BytesInFlight,
    private readonly person: string,
    /** Called back when everything was sent, or nobody wants it any more. */
    private readonly onClosed: (callback: () => void) => void,
  ) {}

  /** @returns false when the person has no more room. */
  take(bytes: number): boolean {
    this.#bytes += bytes;
    return this.#bytes <= SMALL_BYTES || this.#hold().take(bytes);
  }

  /** Nothing of what was taken is kept any more. */
  giveBack(): void {
    this.#bytes = 0;
    this.#held?.giveBack();
  }

  #hold(): HeldBytes {
    if (this.#held === undefined) {
      this.#held = this.all.hold(this.person);
      this.onClosed(() => this.giveBack());
    }
    return this.#held;
  }
}
