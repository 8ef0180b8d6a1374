import { Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AttemptId } from '@gatehouse/kernel/ids';
import type { Queries } from '@gatehouse/persistence/database';

/**
 * Attempts that were given up. What is written for an attempt and what discards it happen one after another, so that
 * nothing that is under way meanwhile comes after the discard and stays.
 */
@Injectable()
export class DiscardedAttemptStore {
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
    // A statement of its own: it sees what was committed while the lock was waited for.
    const { rows } = await tx.query({
      name: 'discarded-has',
      text: 'select 1 from discarded_attempts where attempt_id = $1',
      values: [attemptId],
    });
    return rows.length > 0;
  }

  /** @throws {GatehouseError} `attempt_unknown` */
  async refuse(tx: Queries, attemptId: AttemptId): Promise<void> {
    if (await this.has(tx, attemptId)) throw new GatehouseError('attempt_unknown', 'it was discarded');
  }

  async #lock(tx: Queries, attemptId: AttemptId): Promise<void> {
    await tx.query({
      name: 'attempt-lock',
      text: `select pg_advisory_xact_lock(hashtextextended('attempt ' || $1::text, 0))`,
      values: [attemptId],
    });
  }
}
