import { MIB } from '@gatehouse/kernel/sizes';

/** So much may always wait for a client that does not read what another replica sends. */
const MOST_OF_ONE = MIB;
/** All of the largest message, where there is room: it comes at once, and would come in the same way again. */
const MOST_OF_ONE_WITH_ROOM = 36 * MIB;
const MOST_OF_ALL = 128 * MIB;

/** What clients here have not read yet of what other replicas send them. */
export class UnreadBytes {
  #bytes = 0;

  constructor(private readonly most = MOST_OF_ALL) {}

  ofOne(): UnreadOfOne {
    return new UnreadOfOne((bytes) => {
      this.#bytes += bytes;
      return this.#bytes <= this.most;
    });
  }
}

/** The same of one of them. */
export class UnreadOfOne {
  #bytes = 0;

  /** @param counted adds to those of all. @returns whether there is room for them. */
  constructor(private readonly counted: (bytes: number) => boolean) {}

  /** @returns false when the client has to be given up. */
  add(bytes: number): boolean {
    this.#bytes += bytes;
    const hasRoom = this.counted(bytes);
    return this.#bytes <= (hasRoom ? MOST_OF_ONE_WITH_ROOM : MOST_OF_ONE);
  }

  /** Everything was read, or nobody will read it. */
  clear(): void {
    this.counted(-this.#bytes);
    this.#bytes = 0;
  }
}
