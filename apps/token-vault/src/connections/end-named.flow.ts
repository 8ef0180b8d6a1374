import { Injectable } from '@nestjs/common';
import type { AccountId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';
import type { PendingEvent } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.flow.js';
import type { NamedByLogout } from '../providers/logout-token.js';
import { ConnectionStore } from './connection.store.js';
import { GiveBackGrant } from './give-back-grant.flow.js';
import { ProviderLogoutStore, type NamedSession } from './provider-logout.store.js';

interface Ended {
  /** Whose connections were ended. */
  readonly accounts: readonly AccountId[];
  /** What the authorization server has to end. */
  readonly sessions: readonly NamedSession[];
}

/**
 * Ends the connections that a logout token names, as their person ends one, and those that are about to be made. The sessions are found without them, so that a provider
 * that got no answer can send its token again.
 */
@Injectable()
export class EndNamed {
  constructor(
    private readonly database: Database,
    private readonly named: ProviderLogoutStore,
    private readonly connections: ConnectionStore,
    private readonly giveBack: GiveBackGrant,
    private readonly outbox: Outbox,
  ) {}

  async end(named: NamedByLogout): Promise<Ended> {
    // First: what is not there any more is not adopted meanwhile.
    for (const attemptId of await this.named.attempts(named))
      await this.database.transaction((tx) =>
        this.giveBack.ofLeg(tx, { attemptId, provider: named.provider }),
      );
    const ended: AccountId[] = [];
    const events: PendingEvent[] = [];
    for (const accountId of await this.named.accounts(named)) {
      const event = await this.database.transaction((tx) => this.#end(tx, accountId, named));
      if (event === undefined) continue;
      ended.push(accountId);
      events.push(event);
    }
    await this.outbox.publish(events);
    this.outbox.wake();
    return { accounts: ended, sessions: await this.named.sessions(named) };
  }

  async #end(tx: Queries, accountId: AccountId, named: NamedByLogout): Promise<PendingEvent | undefined> {
    await this.connections.lockAccount(tx, accountId);
    const held = await this.connections.hold(tx, accountId, named.provider);
    // Its person may have signed in again since it was found.
    if (held === undefined || !(await this.named.accounts(named, tx)).includes(accountId)) return undefined;
    const { connection } = held;
    await this.outbox.revoke(tx, named.provider, connection.revocables());
    await this.connections.delete(tx, connection.id);
    return await this.outbox.changed(tx, connection, 'revoked');
  }
}
