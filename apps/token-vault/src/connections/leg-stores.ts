import { Injectable } from '@nestjs/common';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { revocable, type TokenAnswer } from '../providers/token-answer.js';
import { ConnectionStore } from './connection.store.js';
import { PendingLegStore } from './pending-leg.store.js';
import { RevocationOutboxStore } from './revocation-outbox.store.js';
import { StagedConnectionStore } from './staged-connection.store.js';

interface LegKey {
  readonly attemptId: AttemptId;
  readonly provider: string;
}

export interface KeptAnswer {
  /** As it is stored. */
  readonly sealed: Buffer;
  /** Ends the grant, should the answer turn out worthless. */
  readonly token: string | undefined;
}

/** What an attempt leaves in the vault, and how it goes away again. */
@Injectable()
export class LegStores {
  constructor(
    private readonly database: Database,
    readonly legs: PendingLegStore,
    readonly staged: StagedConnectionStore,
    private readonly connections: ConnectionStore,
    private readonly revocations: RevocationOutboxStore,
  ) {}

  async keep(key: LegKey, accountId: AccountId | null, answer: TokenAnswer): Promise<KeptAnswer> {
    const sealed = await this.staged.keep(key, accountId, answer);
    return { sealed, token: revocable(answer) };
  }

  /** An answer that failed validation is never adopted; what it granted is given back to the provider. */
  async giveUp(key: LegKey, { sealed, token }: KeptAnswer): Promise<void> {
    if (token !== undefined) await this.revocations.add(key.provider, token);
    await this.staged.drop(key, sealed);
  }

  /** @returns how many pending legs and staged connections the attempt had. */
  async discard(attemptId: AttemptId): Promise<number> {
    const legs = await this.legs.discard(attemptId);
    return await this.database.transaction(async (tx) => {
      const grants = await this.staged.discard(tx, attemptId);
      for (const { provider, subject, token } of grants) {
        // Somebody who is connected as the same subject would lose that grant as well, at many providers.
        const inUse =
          subject !== undefined && (await this.connections.subjectConnected(tx, provider, subject));
        if (token !== undefined && !inUse) await this.revocations.add(provider, token, tx);
      }
      return legs + grants.length;
    });
  }
}
