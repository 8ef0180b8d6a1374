import { Injectable } from '@nestjs/common';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AttemptId } from '@gatehouse/kernel/ids';
import { MIB } from '@gatehouse/kernel/sizes';
import { Database, type Queries, type Statement } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';

/** A day is longer than a leg or a message of its attempt lives. */
const EXPIRED: Statement = {
  name: 'discarded-sweep',
  text: `delete from discarded_attempts where discarded_at < now() - $1 * interval '1 ms'`,
  values: [DAY_MS],
};

/**
 * Attempts that were given up. A lock per attempt keeps writing and discarding apart, so that nothing is written for an
 * attempt after its discard.
 */
@Injectable()
export class DiscardedAttemptStore {
  constructor(database: Database, expiry: Expiry) {
    expiry.add(
      endedBy(
        database,
        [EXPIRED],
        [{ table: 'discarded_attempts', age: 'discarded_at', maxBytes: 64 * MIB }],
      ),
    );
  }

  async add(tx: Queries, attemptId: AttemptId): Promise<void> {
    await this.#lock(tx, attemptId);
    await tx.query({
      name: 'discarded-add',
      text: 'insert into discarded_attempts (attempt_id) values ($1) on conflict do nothing',
      values: [attemptId],
    });
  }

  /** The answer holds until the transaction ends. */
  async has(tx: Queries, attemptId: AttemptId): Promise<boolean> {
    await this.#lock(tx, attemptId);
    // A separate statement sees what was committed while it waited for the lock.
    const { rows } = await tx.query({
      name: 'discarded-has',
      text: 'select 1 from discarded_attempts where attempt_id = $1',
      values: [attemptId],
    });
    return rows.length > 0;
  }

  /** @throws {GatehouseError} `attempt_unknown` */
  async refuse(tx: Queries, attemptId: AttemptId): Promise<void> {
    if (await this.has(tx, attemptId))
      throw new GatehouseError('attempt_unknown', 'the attempt was discarded');
  }

  async #lock(tx: Queries, attemptId: AttemptId): Promise<void> {
    await tx.query({
      name: 'attempt-lock',
      text: `select pg_advisory_xact_lock(hashtextextended('attempt ' || $1::text, 0))`,
      values: [attemptId],
    });
  }
}
