import { Injectable } from '@nestjs/common';
import type { AttemptId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { Expiry } from '@gatehouse/persistence/expiry';
import { Outbox } from '../outbox/outbox.flow.js';
import type { RevocableToken } from '../providers/token-answer.js';
import { ConnectionStore } from './connection.store.js';
import { StagedConnectionStore } from './staged-connection.store.js';

interface WorthlessGrant {
  readonly provider: string;
  /** Whose it is, when that was found out. */
  readonly subject: string | undefined;
  readonly token: RevocableToken;
}

/**
 * Gives back a grant that came to nothing. It is left alone when somebody is connected as the same subject, or about to be:
 * at many providers, revoking one token of a subject ends all of them.
 */
@Injectable()
export class GiveBackGrant {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionStore,
    private readonly staged: StagedConnectionStore,
    private readonly outbox: Outbox,
    expiry: Expiry,
  ) {
    expiry.add({ endExpired: () => this.#abandoned() });
  }

  /** Gives back what an attempt was granted. @returns how many staged connections it had. */
  async ofAttempt(tx: Queries, attemptId: AttemptId, which: 'all' | 'expired'): Promise<number> {
    const grants = await this.staged.discard(tx, attemptId, which);
    for (const { provider, subject, token, beingJudged } of grants)
      if (token !== undefined && !beingJudged) await this.run(tx, { provider, subject, token });
    return grants.length;
  }

  async run(tx: Queries, { provider, subject, token }: WorthlessGrant): Promise<void> {
    if (subject !== undefined && (await this.#isInUse(tx, provider, subject))) return;
    await this.outbox.revoke(tx, provider, [token]);
  }

  /** Users of these attempts never came back, and nobody discarded them. */
  async #abandoned(): Promise<void> {
    for (const attemptId of await this.staged.expiredAttempts())
      await this.database.transaction((tx) => this.ofAttempt(tx, attemptId, 'expired'));
  }

  async #isInUse(tx: Queries, provider: string, subject: string): Promise<boolean> {
    return (
      (await this.connections.hasSubject(tx, provider, subject)) ||
      (await this.staged.hasSubject(tx, provider, subject))
    );
  }
}
