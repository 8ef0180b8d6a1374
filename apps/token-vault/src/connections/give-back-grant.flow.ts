import { Injectable } from '@nestjs/common';
import type { AttemptId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { Expiry } from '@gatehouse/persistence/expiry';
import { Outbox } from '../outbox/outbox.flow.js';
import type { RevocableToken } from '../providers/token-answer.js';
import { possiblySame } from './account-bound.js';
import { ConnectionStore } from './connection.store.js';
import { StagedConnectionStore, type StagedKey } from './staged-connection.store.js';

interface WorthlessGrant extends StagedKey {
  /** Whose it is, when that was found out. */
  readonly subject: string | undefined;
  readonly token: RevocableToken;
}

/**
 * Gives back a grant that came to nothing. It is left alone when somebody is connected as the same subject, or about to be,
 * or when nobody can say that it is another one: at many providers, revoking one token of a subject ends all of them.
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
    for (const { provider, subject, token } of grants)
      if (token !== undefined) await this.run(tx, { attemptId, provider, subject, token });
    return grants.length;
  }

  /** The same of one provider's answer, if it was validated. */
  async ofLeg(tx: Queries, key: StagedKey): Promise<void> {
    const grant = await this.staged.discardOne(tx, key);
    if (grant?.token !== undefined)
      await this.run(tx, { ...key, subject: grant.subject, token: grant.token });
  }

  async run(tx: Queries, { attemptId, provider, subject, token }: WorthlessGrant): Promise<void> {
    if (await this.#isInUse(tx, { attemptId, provider }, subject)) return;
    await this.outbox.revoke(tx, provider, [token]);
  }

  /** Users of these attempts never came back, and nobody discarded them. */
  async #abandoned(): Promise<void> {
    for (const attemptId of await this.staged.expiredAttempts())
      await this.database.transaction((tx) => this.ofAttempt(tx, attemptId, 'expired'));
  }

  async #isInUse(tx: Queries, key: StagedKey, subject: string | undefined): Promise<boolean> {
    if (await this.staged.isAnsweredAgain(tx, key, subject)) return true;
    if (subject === undefined) return false;
    const same = possiblySame(subject);
    return (
      (await this.connections.hasSubject(tx, key.provider, same)) ||
      (await this.staged.hasSubject(tx, key.provider, same))
    );
  }
}
