import { Injectable } from '@nestjs/common';
import type { AttemptId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { Expiry } from '@gatehouse/persistence/expiry';
import { DiscardedAttemptStore } from './discarded-attempt.store.js';
import { GiveBackGrant } from './give-back-grant.flow.js';
import { PendingLegStore } from './pending-leg.store.js';
import { StagedConnectionStore } from './staged-connection.store.js';

/** Ends attempts: what they left in the vault goes, and what they were granted is given back. */
@Injectable()
export class DiscardAttempt {
  constructor(
    private readonly database: Database,
    private readonly legs: PendingLegStore,
    private readonly staged: StagedConnectionStore,
    private readonly discarded: DiscardedAttemptStore,
    private readonly giveBack: GiveBackGrant,
    expiry: Expiry,
  ) {
    expiry.add({ endExpired: () => this.#dropExpired() });
  }

  /**
   * The attempt was given up. What is still under way for it leaves nothing.
   * @returns how many pending legs and staged connections it had.
   */
  async run(attemptId: AttemptId): Promise<number> {
    return await this.database.transaction(async (tx) => {
      await this.discarded.add(tx, attemptId);
      const legs = await this.legs.discard(tx, attemptId);
      return legs + (await this.#drop(tx, attemptId, 'all'));
    });
  }

  /** Nobody said that these attempts were given up; their users just never came back. */
  async #dropExpired(): Promise<void> {
    for (const attemptId of await this.staged.expiredAttempts())
      await this.database.transaction((tx) => this.#drop(tx, attemptId, 'expired'));
  }

  async #drop(tx: Queries, attemptId: AttemptId, which: 'all' | 'expired'): Promise<number> {
    const grants = await this.staged.discard(tx, attemptId, which);
    for (const { provider, subject, token, beingJudged } of grants)
      if (token !== undefined && !beingJudged) await this.giveBack.run(tx, { provider, subject, token });
    return grants.length;
  }
}
