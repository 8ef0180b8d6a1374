import { Injectable } from '@nestjs/common';
import { newConnectionId, type AccountId, type ConnectionId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import type { Queries } from '@gatehouse/persistence/database';
import type { PendingEvent } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.js';
import type { Connection } from './connection.js';
import { ConnectionStore, type ConnectedTokens } from './connection.store.js';
import type { StagedConnection } from './staged-connection.store.js';

export interface Adopted {
  readonly connectionId: ConnectionId;
  readonly event: PendingEvent;
}

/** Makes a staged answer the account's connection, inside the caller's transaction. */
@Injectable()
export class AdoptStaged {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly outbox: Outbox,
    private readonly log: Log,
  ) {}

  async run(tx: Queries, staged: StagedConnection, accountId: AccountId): Promise<Adopted> {
    const { provider, tokens } = staged;
    const connected = { ...staged, name: staged.name, email: staged.email };
    const before = (await this.connections.hold(tx, accountId, provider))?.connection;
    const key = { id: before?.id ?? newConnectionId(), accountId, provider };
    if (before === undefined) {
      await this.connections.insert(tx, key, connected);
    } else if (before.row.subject === staged.subject) {
      // Providers give a refresh token at the first consent only: without this, signing in again would lose it. The
      // replaced one is not revoked: at many providers that would end the new grant as well.
      const refreshToken = tokens.refreshToken ?? before.newestRefreshToken();
      const kept = refreshToken === undefined ? tokens : { ...tokens, refreshToken };
      const keepsGrant = tokens.refreshToken === undefined && before.row.answer === null;
      await this.connections.replace(tx, before, { ...connected, tokens: kept }, keepsGrant);
    } else {
      await this.#anotherSubject(tx, before, connected);
    }
    return { connectionId: key.id, event: await this.outbox.changed(tx, key, 'connected') };
  }

  async #anotherSubject(tx: Queries, before: Connection, connected: ConnectedTokens): Promise<void> {
    const { id: connectionId, accountId, provider } = before;
    await this.outbox.revoke(tx, provider, before.revocables());
    await this.connections.replace(tx, before, connected, false);
    this.log.info('connection-subject-changed', { connectionId, accountId, provider });
  }
}
