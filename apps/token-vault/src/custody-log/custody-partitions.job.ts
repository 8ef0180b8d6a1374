import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HOUR_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import { CustodyLogStore } from './custody-log.store.js';

const EVERY_MS = HOUR_MS;
/** As long as this nobody has to come by. */
const DAYS_AHEAD = 7;

/**
 * Makes the days' partitions of the custody log ahead of time. Releases do not depend on it: a row of a day without a
 * partition goes into the net (`custody_log_default`), which is said here.
 */
@Injectable()
export class CustodyPartitions implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: CustodyLogStore,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    const run = () => {
      this.#running = this.run();
    };
    run();
    this.#timer = setInterval(run, EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Never throws: what failed is tried again within the hour. */
  async run(): Promise<void> {
    try {
      const made = await this.store.makePartitions(DAYS_AHEAD);
      if (made > 0) this.log.info('custody-partitions-made', { made });
      if (await this.store.unplaced())
        this.log.warn('custody-rows-without-partition', { settledBy: 'gatehouse audit archive' });
    } catch (error) {
      this.log.failure('custody-partitions-not-made', error);
    }
  }
}
