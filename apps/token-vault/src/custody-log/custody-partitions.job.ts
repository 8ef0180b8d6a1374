import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HOUR_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import { CustodyLogStore } from './custody-log.store.js';

const EVERY_MS = HOUR_MS;
/** For so many days the log needs no new partition. */
const DAYS_AHEAD = 7;

/**
 * Creates the custody log's partitions ahead of time. Releases do not depend on it: a row of a day without a partition goes
 * into `custody_log_default`, and operators are warned.
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

  /** Never throws: after a failure it is tried again within the hour. */
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
