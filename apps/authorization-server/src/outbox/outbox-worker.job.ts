import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { SingleFlight } from '@gatehouse/kernel/single-flight';

const EVERY_MS = 3 * SECOND_MS;
const BATCH = 50;
const STOP_WITHIN_MS: number = SECOND_MS;

export interface Outbox<Entry> {
  /** What still has to be told, newest first: what cannot be told for long holds up nothing that comes after it. */
  waiting(limit: number): Promise<readonly Entry[]>;
  keyOf(entry: Entry): string;
  /** Tells it and crosses it off. It may be told twice; what is thrown leaves it waiting. */
  tell(entry: Entry): Promise<void>;
  failed(error: unknown): void;
}

/**
 * Works an outbox off: at once when told so and again every few seconds. Each entry is told for itself, and by one run at a
 * time. What fails is tried again.
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

  /** What is not told now stays in the outbox for the next start, or for another replica. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping = true;
    await within(STOP_WITHIN_MS, Promise.all(this.#runs));
  }

  /** Never throws. Resolves when all that waits now was tried, or after `withinMs`. */
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
