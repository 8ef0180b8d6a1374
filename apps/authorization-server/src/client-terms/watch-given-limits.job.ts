import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import { ClientTerms } from './client-terms.js';
import { GivenLimits } from './given-limits.store.js';

/** docs/administration.md says when they hold everywhere. */
const EVERY_MS = 2 * SECOND_MS;

/** Takes up the limits that are set at another replica, or by a command. */
@Injectable()
export class WatchGivenLimits implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #state: string | undefined;

  constructor(
    private readonly given: GivenLimits,
    private readonly terms: ClientTerms,
    private readonly log: Log,
  ) {}

  /** Nothing is issued before they are known. */
  async onApplicationBootstrap(): Promise<void> {
    await this.#look();
    this.#timer = setInterval(() => {
      this.look().catch((error: unknown) => {
        this.log.failure('client-limits-not-looked-at', error);
      });
    }, EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking?.catch(() => undefined);
  }

  /** What was set before this was called holds at this replica afterwards. */
  async takeUp(): Promise<void> {
    await this.#looking?.catch(() => undefined);
    await this.look();
  }

  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  async #look(): Promise<void> {
    const state = await this.given.state();
    if (state === this.#state) return;
    this.terms.give(await this.given.all());
    this.#state = state;
  }
}
