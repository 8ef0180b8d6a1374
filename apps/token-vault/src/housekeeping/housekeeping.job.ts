import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import { Expiry } from '@gatehouse/persistence/expiry';
import { Outbox } from '../outbox/outbox.flow.js';
import { RecoverAnswers } from '../refresh/recover-answers.flow.js';

const OUTBOX_EVERY_MS = 5 * SECOND_MS;
const SWEEP_EVERY_MS = MINUTE_MS;

/** The background work of every replica: it finishes what was left over, and ends what has expired. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #timers: NodeJS.Timeout[] = [];
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly expiry: Expiry,
    private readonly outbox: Outbox,
    private readonly answers: RecoverAnswers,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.#every(OUTBOX_EVERY_MS, () => this.finishLeftOver());
    this.#every(SWEEP_EVERY_MS, () => this.sweep());
  }

  async onApplicationShutdown(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#running;
    await this.outbox.settled();
  }

  async finishLeftOver(): Promise<void> {
    await this.answers.run();
    await this.outbox.finishLeftOver();
  }

  async sweep(): Promise<void> {
    await this.expiry.run();
  }

  /** Runs one piece of work after another. A failure is logged: there is nobody to catch it. */
  #every(intervalMs: number, work: () => Promise<void>): void {
    const run = async () => {
      try {
        await work();
      } catch (error) {
        this.log.failure('background-work-failed', error);
      }
    };
    const timer = setInterval(() => {
      this.#running = this.#running.then(run);
    }, intervalMs);
    this.#timers.push(timer.unref());
  }
}
