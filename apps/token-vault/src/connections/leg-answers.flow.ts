import { Injectable } from '@nestjs/common';
import type { AccountId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { revocable, type RevocableToken, type TokenAnswer } from '../providers/token-answer.js';
import { GiveBackGrant } from './give-back-grant.flow.js';
import { StagedConnectionStore, type StagedKey, type ValidatedAnswer } from './staged-connection.store.js';

export interface KeptAnswer {
  /** As it is staged. Absent: its attempt had been discarded. */
  readonly sealed: Buffer | undefined;
  /** Ends the grant if the answer turns out worthless. */
  readonly token: RevocableToken | undefined;
}

/** Keeps a provider's answer to a leg before it is validated, and accepts it or gives it back afterwards. */
@Injectable()
export class LegAnswers {
  constructor(
    private readonly database: Database,
    private readonly staged: StagedConnectionStore,
    private readonly giveBack: GiveBackGrant,
  ) {}

  async keep(key: StagedKey, accountId: AccountId | null, answer: TokenAnswer): Promise<KeptAnswer> {
    return { sealed: await this.staged.keep(key, accountId, answer), token: revocable(answer) };
  }

  /** @returns false when the attempt was discarded, or answered anew, meanwhile. */
  async accept(key: StagedKey, { sealed }: KeptAnswer, validated: ValidatedAnswer): Promise<boolean> {
    return sealed !== undefined && (await this.staged.accept(key, sealed, validated));
  }

  /**
   * Gives back what an answer granted: it failed validation, or its attempt ended.
   * @param subject whose it is, when that was found out
   */
  async giveUp(key: StagedKey, { sealed, token }: KeptAnswer, subject?: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      if (sealed !== undefined) await this.staged.drop(tx, key, sealed);
      if (token !== undefined) await this.giveBack.run(tx, { ...key, subject, token });
    });
  }
}
