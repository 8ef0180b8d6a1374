import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { MIB } from '@gatehouse/kernel/sizes';
import { Log } from '@gatehouse/observability/log';
import { Database } from '@gatehouse/persistence/database';
import { Room, type Expendable } from '@gatehouse/persistence/room';
import { LegStores } from './connections/leg-stores.js';
import { Outbox } from './outbox/outbox.js';
import { RevokeTokens } from './outbox/revoke-tokens.js';
import { RecoverAnswers } from './refresh/recover-answers.js';

const OUTBOX_EVERY_MS = 5 * SECOND_MS;
const SWEEP_EVERY_MS = MINUTE_MS;

/** Rows that have had their time. An expired leg stays an hour, so that its user can be told that it expired. */
const EXPIRED = [
  `delete from pending_legs where expires_at < now() - interval '1 hour'`,
  // Longer than a leg or a message of its attempt lives.
  `delete from discarded_attempts where discarded_at < now() - interval '1 day'`,
  `delete from exchanged_tokens where delete_after < now() and coalesce(lease_until < now(), true)`,
  `delete from revocation_outbox where done_at < now() - interval '1 day'`,
  `delete from bus_keys where open_until < now() - interval '1 day'`,
  `delete from sessions where closed_at < now() - interval '30 days'`,
  // As long as the stream would have kept it; caches that it is for have forgotten by themselves.
  `delete from event_outbox where created_at < now() - interval '7 days'`,
] as const;

/** What anybody can make us store who has not signed in. */
const EXPENDABLE: readonly Expendable[] = [
  { table: 'pending_legs', age: 'expires_at', maxBytes: 256 * MIB },
  { table: 'discarded_attempts', age: 'discarded_at', maxBytes: 64 * MIB },
];

/** Background work of every replica: what was left over is finished, what has expired is deleted. */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #timers: NodeJS.Timeout[] = [];
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly stores: LegStores,
    private readonly outbox: Outbox,
    private readonly revocations: RevokeTokens,
    private readonly answers: RecoverAnswers,
    private readonly room: Room,
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
    await this.stores.dropExpired();
    for (const [index, text] of EXPIRED.entries())
      await this.database.query({ name: `sweep-${index}`, text });
    await this.revocations.giveUp();
    await this.room.make(EXPENDABLE);
  }

  /** One after another, and a failure is logged, not thrown: there is nobody to catch it. */
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
