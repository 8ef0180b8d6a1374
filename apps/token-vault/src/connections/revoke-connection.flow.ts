import { Injectable } from '@nestjs/common';
import type { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { Database, type Queries } from '@gatehouse/persistence/database';
import type { z } from 'zod';
import type { PendingEvent } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.flow.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { ConnectionStore } from './connection.store.js';

type Request = z.output<typeof connectionRevoke.request>;

/** Ends a connection. It is unusable here at once; the outbox revokes its tokens at the provider. */
@Injectable()
export class RevokeConnection {
  constructor(
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
    private readonly connections: ConnectionStore,
    private readonly outbox: Outbox,
  ) {}

  async run(request: Request): Promise<z.input<typeof connectionRevoke.reply>> {
    const events = await this.database.transaction((tx) => this.#revoke(tx, request));
    // A connection to a provider that is not configured any more can be ended, too.
    if (events.length === 0) this.registry.check(request.provider);
    await this.outbox.publish(events);
    this.outbox.wake();
    return { revoked: events.length > 0 };
  }

  async #revoke(tx: Queries, { accountId, provider }: Request): Promise<readonly PendingEvent[]> {
    await this.connections.lockAccount(tx, accountId);
    const held = await this.connections.hold(tx, accountId, provider);
    if (held === undefined) return [];
    const { connection } = held;
    // Tokens that do not open cannot be revoked. The connection is deleted all the same.
    await this.outbox.revoke(tx, provider, connection.revocables());
    await this.connections.delete(tx, connection.id);
    return [await this.outbox.changed(tx, connection, 'revoked')];
  }
}
