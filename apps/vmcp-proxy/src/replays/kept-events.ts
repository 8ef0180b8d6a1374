/** One event without its id, as latin1: one character for each byte. */
export interface KeptEvent {
  readonly position: number;
  readonly text: string;
}

/** What was sent after a position. */
export interface EventsAfter {
  readonly events: readonly KeptEvent[];
  /** Otherwise some that came after the position were not kept. */
  readonly isWhole: boolean;
}

/** Counted for each event beside its bytes. */
const EVENT_BYTES = 64;

/** The newest events of one stream, as many as there is room for. */
export class KeptEvents {
  #events: KeptEvent[] = [];
  #bytes = 0;
  #newest = 0;
  /** Position of the newest event that is not kept. */
  #lostUpTo = 0;

  constructor(private readonly maxBytes: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  get newest(): number {
    return this.#newest;
  }

  get lostUpTo(): number {
    return this.#lostUpTo;
  }

  get all(): readonly KeptEvent[] {
    return this.#events;
  }

  /** @returns the position of the event that comes next. */
  next(): number {
    this.#newest += 1;
    return this.#newest;
  }

  /** Keeps the event at the newest position. @param from where it begins in the first buffer. */
  keep(buffers: readonly Buffer[], from: number): void {
    const position = this.#newest;
    const cost = buffers.reduce((sum, { length }) => sum + length, EVENT_BYTES - from);
    if (cost > this.maxBytes) {
      // Without it, those before it are of no use.
      this.clear();
      return;
    }
    while (this.#bytes + cost > this.maxBytes) this.#dropOldest();
    // A text: a slice of a buffer would hold all of that buffer.
    const text = buffers.map((buffer, index) => buffer.toString('latin1', index === 0 ? from : 0)).join('');
    this.#events.push({ position, text });
    this.#bytes += cost;
  }

  /** What there was makes room for others. */
  clear(): void {
    this.#events = [];
    this.#bytes = 0;
    this.#lostUpTo = this.#newest;
  }

  /** @returns `undefined` when there has been no such position yet. */
  after(position: number): EventsAfter | undefined {
    if (position > this.#newest) return undefined;
    return eventsAfter(position, this.#events, this.#lostUpTo);
  }

  #dropOldest(): void {
    const oldest = this.#events.shift();
    if (oldest === undefined) return;
    this.#bytes -= oldest.text.length + EVENT_BYTES;
    this.#lostUpTo = oldest.position;
  }
}

export const eventsAfter = (
  position: number,
  events: readonly KeptEvent[],
  lostUpTo: number,
): EventsAfter => ({
  events: events.filter((event) => event.position > position),
  isWhole: position >= lostUpTo,
});
