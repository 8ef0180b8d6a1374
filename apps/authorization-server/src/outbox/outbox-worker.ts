import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '@gatehouse/kernel/durations';

const EVERY_MS = 3 * SECOND_MS;
const BATCH = 50;
const STOP_WITHIN_MS = SECOND_MS;

export interface Outbox<Entry> {
  /** What still has to be told, oldest first. */
  waiting(limit: number): Promise<readonly Entry[]>;
  /** Tells it and crosses it off. It may be told twice; what is thrown leaves it waiting. */
  tell(entry: Entry): Promise<void>;
  failed(error: unknown): void;
}

/** Works an outbox off: at once when told so and again every few seconds, one run at a time. What fails is tried again. */
export class OutboxWorker<Entry> {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopping = false;

  constructor(private readonly outbox: Outbox<Entry>) {}

  start(): void {
    this.#timer = setInterval(() => void this.wake(), EVERY_MS).unref();
  }

  /** What is not told now stays in the outbox for the next start, or for another replica. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping = true;
    await this.#within(STOP_WITHIN_MS);
  }

  /** Never throws. Resolves when all that waits now was tried, or after `withinMs`. */
  async wake(withinMs = STOP_WITHIN_MS): Promise<void> {
    this.#again = true;
    this.#running ??= this.#tellAll()
      .catch((error: unknown) => this.outbox.failed(error))
      .finally(() => {
        this.#running = undefined;
      });
    await this.#within(withinMs);
  }

  async #within(limitMs: number): Promise<void> {
    await Promise.race([this.#running, delay(limitMs, undefined, { ref: false })]);
  }

  async #tellAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const waiting = await this.outbox.waiting(BATCH);
      for (const entry of waiting) {
        if (this.#stopping) return;
        await this.outbox.tell(entry);
      }
      this.#again ||= waiting.length === BATCH;
    }
  }
}
