import { Injectable } from '@nestjs/common';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { revocable, type TokenAnswer } from '../providers/token-answer.js';
import { DiscardedAttemptStore } from './discarded-attempt.store.js';
import { GiveBackGrant } from './give-back-grant.js';
import { PendingLegStore, type NewLeg } from './pending-leg.store.js';
import { StagedConnectionStore } from './staged-connection.store.js';

interface LegKey {
  readonly attemptId: AttemptId;
  readonly provider: string;
}

export interface KeptAnswer {
  /** As it is staged; absent: its attempt had been discarded, so that nothing is. */
  readonly sealed: Buffer | undefined;
  /** Ends the grant, should the answer turn out worthless. */
  readonly token: string | undefined;
}

/** What an attempt leaves in the vault, and how it goes away again. */
@Injectable()
export class LegStores {
  constructor(
    private readonly database: Database,
    private readonly legs: PendingLegStore,
    readonly staged: StagedConnectionStore,
    readonly discarded: DiscardedAttemptStore,
    private readonly giveBack: GiveBackGrant,
  ) {}

  /** @returns when the leg expires. @throws {GatehouseError} `attempt_unknown` when the attempt was discarded. */
  async begin(leg: NewLeg): Promise<Date> {
    return await this.database.transaction(async (tx) => {
      await this.discarded.refuse(tx, leg.attemptId);
      return await this.legs.add(tx, leg);
    });
  }

  async keep(key: LegKey, accountId: AccountId | null, answer: TokenAnswer): Promise<KeptAnswer> {
    const sealed = await this.database.transaction(async (tx) =>
      (await this.discarded.has(tx, key.attemptId))
        ? undefined
        : await this.staged.keep(tx, key, accountId, answer),
    );
    return { sealed, token: revocable(answer) };
  }

  /**
   * An answer that is not adopted: it failed validation, or its attempt ended. What it granted is given back.
   * @param subject whose it is, when that was found out
   */
  async giveUp({ provider, ...leg }: LegKey, { sealed, token }: KeptAnswer, subject?: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      if (sealed !== undefined) await this.staged.drop(tx, { provider, ...leg }, sealed);
      if (token !== undefined) await this.giveBack.run(tx, { provider, subject, token });
    });
  }

  /**
   * The attempt was given up: what it left goes, and what is still under way for it leaves nothing.
   * @returns how many pending legs and staged connections it had.
   */
  async discard(attemptId: AttemptId): Promise<number> {
    return await this.database.transaction(async (tx) => {
      await this.discarded.add(tx, attemptId);
      const legs = await this.legs.discard(tx, attemptId);
      return legs + (await this.#drop(tx, attemptId, 'all'));
    });
  }

  /** Nobody said that these attempts were given up; their users just never came back. */
  async dropExpired(): Promise<void> {
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
