import { Injectable } from '@nestjs/common';
import type { Queries } from '@gatehouse/persistence/database';
import { Outbox } from '../outbox/outbox.flow.js';
import { ConnectionStore } from './connection.store.js';
import { StagedConnectionStore } from './staged-connection.store.js';

export interface WorthlessGrant {
  readonly provider: string;
  /** Whose it is, when that was found out. */
  readonly subject: string | undefined;
  readonly token: string;
}

/**
 * Gives a grant back that came to nothing. It stays where somebody is connected as the same subject, or about to be: at
 * many providers revoking one token of a subject ends all of them.
 */
@Injectable()
export class GiveBackGrant {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly staged: StagedConnectionStore,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Queries, { provider, subject, token }: WorthlessGrant): Promise<void> {
    if (subject !== undefined && (await this.#isInUse(tx, provider, subject))) return;
    await this.outbox.revoke(tx, provider, [token]);
  }

  async #isInUse(tx: Queries, provider: string, subject: string): Promise<boolean> {
    return (
      (await this.connections.hasSubject(tx, provider, subject)) ||
      (await this.staged.hasSubject(tx, provider, subject))
    );
  }
}
