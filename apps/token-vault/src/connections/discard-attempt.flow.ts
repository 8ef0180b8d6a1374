import { Injectable } from '@nestjs/common';
import type { AttemptId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { DiscardedAttemptStore } from './discarded-attempt.store.js';
import { GiveBackGrant } from './give-back-grant.flow.js';
import { PendingLegStore } from './pending-leg.store.js';

/** Ends an attempt that was given up. What is still under way for it leaves nothing. */
@Injectable()
export class DiscardAttempt {
  constructor(
    private readonly database: Database,
    private readonly legs: PendingLegStore,
    private readonly discarded: DiscardedAttemptStore,
    private readonly giveBack: GiveBackGrant,
  ) {}

  /** @returns how many pending legs and staged connections it had. */
  async run(attemptId: AttemptId): Promise<number> {
    return await this.database.transaction(async (tx) => {
      await this.discarded.add(tx, attemptId);
      const legs = await this.legs.discard(tx, attemptId);
      return legs + (await this.giveBack.ofAttempt(tx, attemptId, 'all'));
    });
  }
}
