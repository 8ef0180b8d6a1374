import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { SingleFlight } from '@gatehouse/kernel/single-flight';

const EVERY_MS = 3 * SECOND_MS;
const BATCH = 50;
const STOP_WITHIN_MS: number = SECOND_MS;

export interface Outbox<Entry> {
  /** Entries that still have to be told, newest first, so that one that cannot be told holds up no newer one. */
  waiting(limit: number): Promise<readonly Entry[]>;
  keyOf(entry: Entry): string;
  /** Tells an entry and removes it. It may be told twice. When this throws, the entry stays. */
  tell(entry: Entry): Promise<void>;
  failed(error: unknown): void;
}

/**
 * Empties an outbox: at once when woken, and every few seconds. Each entry is told on its own, and by one run at a time. A
 * failed one is told again.
 */
export class OutboxWorker<Entry> {
  readonly #telling = new SingleFlight<string, void>();
  readonly #runs = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(private readonly outbox: Outbox<Entry>) {}

  start(): void {
    this.#timer = setInterval(() => void this.wake(), EVERY_MS).unref();
  }

  /** Entries that are left stay in the outbox for the next start, or for another replica. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping = true;
    await within(STOP_WITHIN_MS, Promise.all(this.#runs));
  }

  /** Never throws. Resolves when every waiting entry was tried, or after `withinMs`. */
  async wake(withinMs = STOP_WITHIN_MS): Promise<void> {
    const run = this.#tellAll()
      .catch((error: unknown) => this.outbox.failed(error))
      .finally(() => this.#runs.delete(run));
    this.#runs.add(run);
    await within(withinMs, run);
  }

  async #tellAll(): Promise<void> {
    while (!this.#stopping) {
      const waiting = await this.outbox.waiting(BATCH);
      const told = await Promise.allSettled(waiting.map((entry) => this.#tell(entry)));
      for (const one of told) if (one.status === 'rejected') throw one.reason;
      if (waiting.length < BATCH) return;
    }
  }

  #tell(entry: Entry): Promise<void> {
    return this.#telling.run(this.outbox.keyOf(entry), () => this.outbox.tell(entry));
  }
}

const within = async (limitMs: number, work: Promise<unknown>): Promise<void> => {
  await Promise.race([work, delay(limitMs, undefined, { ref: false })]);
};
