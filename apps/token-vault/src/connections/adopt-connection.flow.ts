import { Injectable } from '@nestjs/common';
import type { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Queries } from '@gatehouse/persistence/database';
import type { z } from 'zod';
import type { PendingEvent } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.flow.js';
import { AdoptStaged } from './adopt-staged.flow.js';
import { ConnectionStore } from './connection.store.js';
import { SessionStore } from './session.store.js';

type Request = z.output<typeof connectionAdopt.request>;

/** Adopts one connection of the connect page: the account's open sessions can use it from the next call on. */
@Injectable()
export class AdoptConnection {
  constructor(
    private readonly sessions: SessionStore,
    private readonly connections: ConnectionStore,
    private readonly adopt: AdoptStaged,
    private readonly outbox: Outbox,
  ) {}

  async run(request: Request): Promise<z.input<typeof connectionAdopt.reply>> {
    const events = await this.adopt.transaction(request.accountId, (tx) => this.#adopt(tx, request));
    await this.outbox.publish(events);
    return { adopted: true };
  }

  async #adopt(tx: Queries, request: Request): Promise<readonly PendingEvent[]> {
    const { attemptId, accountId, provider, subject } = request;
    const adopted = await this.adopt.one(tx, request);
    if (adopted === undefined) {
      // The reply to this request was lost, and it was sent again.
      const before = await this.connections.hold(tx, accountId, provider);
      if (before?.attemptId === attemptId && before.connection.row.subject === subject) return [];
      throw new GatehouseError('attempt_unknown', 'nothing is staged for this account');
    }
    await this.sessions.bindToOpenSessions(tx, accountId, adopted.connectionId);
    return [adopted.event];
  }
}
