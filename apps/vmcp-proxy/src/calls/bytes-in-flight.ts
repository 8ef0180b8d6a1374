/** What a piece of a body costs beside its bytes: small ones would cost memory that nobody counts. */
const PIECE_BYTES = 512;

/** How many bytes of bodies each person may have here at once, in all requests together. */
export class BytesInFlight {
  readonly #held = new Map<string, number>();

  constructor(private readonly mostOfOne: number) {}

  /** One request's share. */
  hold(person: string): HeldBytes {
    let mine = 0;
    const add = (bytes: number): void => {
      mine += bytes;
      const held = (this.#held.get(person) ?? 0) + bytes;
      if (held === 0) this.#held.delete(person);
      else this.#held.set(person, held);
    };
    const hasRoomFor = (bytes: number): boolean => (this.#held.get(person) ?? 0) + bytes <= this.mostOfOne;
    return {
      hasRoomFor,
      take: (bytes) => {
        const cost = Math.max(bytes, PIECE_BYTES);
        if (!hasRoomFor(cost)) return false;
        add(cost);
        return true;
      },
      giveBack: () => add(-mine),
    };
  }
}

export interface HeldBytes {
  hasRoomFor(bytes: number): boolean;
  /** @returns false when there is no room; nothing is taken then. */
  take(bytes: number): boolean;
  /** All of it. */
  giveBack(): void;
}
