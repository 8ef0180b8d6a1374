/** What a piece of a body costs beside its bytes: small ones would cost memory that nobody counts. */
const PIECE_BYTES = 512;

/** How many bytes of bodies each person may have here at once, in all requests together. */
export class BytesInFlight {
  readonly #held = new Map<string, number>();

  constructor(private readonly mostOfOne: number) {}

  /** One request's share. */
  hold(person: string): HeldBytes {
    return new Share(this.#held, person, this.mostOfOne);
  }
}

/** Each request has one: no functions are made for it. */
class Share implements HeldBytes {
  #mine = 0;

  constructor(
    private readonly held: Map<string, number>,
    private readonly person: string,
    private readonly most: number,
  ) {}

  hasRoomFor(bytes: number): boolean {
    return (this.held.get(this.person) ?? 0) + bytes <= this.most;
  }

  take(bytes: number): boolean {
    const cost = Math.max(bytes, PIECE_BYTES);
    if (!this.hasRoomFor(cost)) return false;
    this.#add(cost);
    return true;
  }

  giveBack(): void {
    this.#add(-this.#mine);
  }

  #add(bytes: number): void {
    this.#mine += bytes;
    const held = (this.held.get(this.person) ?? 0) + bytes;
    if (held === 0) this.held.delete(this.person);
    else this.held.set(this.person, held);
  }
}

export interface HeldBytes {
  hasRoomFor(bytes: number): boolean;
  /** @returns false when there is no room; nothing is taken then. */
  take(bytes: number): boolean;
  /** All of it. */
  giveBack(): void;
}
