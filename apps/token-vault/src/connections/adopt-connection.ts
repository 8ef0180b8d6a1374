import { Injectable } from '@nestjs/common';
import type { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Database, type Queries } from '@gatehouse/persistence/database';
import type { z } from 'zod';
import type { PendingEvent } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.js';
import { AdoptStaged } from './adopt-staged.js';
import { ConnectionStore } from './connection.store.js';
import { SessionStore } from './session.store.js';
import { StagedConnectionStore } from './staged-connection.store.js';

type Request = z.output<typeof connectionAdopt.request>;

/** Adopts one connection of the connect page: the account's open sessions can use it from the next call on. */
@Injectable()
export class AdoptConnection {
  constructor(
    private readonly database: Database,
    private readonly sessions: SessionStore,
    private readonly staged: StagedConnectionStore,
    private readonly connections: ConnectionStore,
    private readonly adopt: AdoptStaged,
    private readonly outbox: Outbox,
  ) {}

  async run(request: Request): Promise<z.input<typeof connectionAdopt.reply>> {
    const events = await this.staged.orSetAside(() =>
      this.database.transaction((tx) => this.#adopt(tx, request)),
    );
    await this.outbox.publish(events);
    return { adopted: true };
  }

  async #adopt(
    tx: Queries,
    { attemptId, accountId, provider, subject }: Request,
  ): Promise<readonly PendingEvent[]> {
    await this.connections.lockAccount(tx, accountId);
    const [staged] = await this.staged.take(tx, attemptId, accountId, { [provider]: subject });
    if (staged === undefined) {
      // The same request again, after its reply was lost.
      const before = await this.connections.hold(tx, accountId, provider);
      if (before?.attemptId === attemptId && before.connection.row.subject === subject) return [];
      throw new GatehouseError('attempt_unknown', 'nothing is staged for this account');
    }
    const { connectionId, event } = await this.adopt.run(tx, staged, accountId);
    await this.sessions.bindToOpenSessions(tx, accountId, connectionId);
    return [event];
  }
}
