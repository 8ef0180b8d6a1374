import type { SharedRoom } from './made-response.client.js';

/** Of messages that are not complete, and of what slow readers have not taken; of all sessions of a backend. */
const MAX_BYTES = 134_217_728;
/** Of one person's sessions: one message of the largest size. */
const MAX_BYTES_OF_ONE = MAX_BYTES / 4;

/** Where the bytes of one backend's streams are counted: all together, and those of each person. */
export class SseRooms {
  #held = 0;
  readonly #ofEach = new Map<string, number>();

  constructor(
    private readonly most = MAX_BYTES,
    private readonly mostOfOne = MAX_BYTES_OF_ONE,
  ) {}

  /** @param person absent: callers that cannot be told apart, who have one share together. */
  of(person = ''): SharedRoom {
    return {
      take: (bytes) => {
        const own = this.#add(person, bytes);
        return own <= this.mostOfOne && this.#held <= this.most;
      },
      giveBack: (bytes) => void this.#add(person, -bytes),
    };
  }

  /** @returns what the person's sessions hold now. */
  #add(person: string, bytes: number): number {
    this.#held += bytes;
    const own = (this.#ofEach.get(person) ?? 0) + bytes;
    if (own === 0) this.#ofEach.delete(person);
    else this.#ofEach.set(person, own);
    return own;
  }
}
