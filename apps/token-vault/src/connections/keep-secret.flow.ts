import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { newAttemptId, newConnectionId, type AccountId } from '@gatehouse/kernel/ids';
import type { Queries } from '@gatehouse/persistence/database';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { PendingEvent } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.flow.js';
import { ConnectionStore } from './connection.store.js';
import { SessionStore } from './session.store.js';

/**
 * Keeps what a person entered as the account's connection of that name: sealed, bound to the account, released and ended as tokens
 * are (docs/adr/0054). It has no refresh token and no end.
 */
@Injectable()
export class KeepSecret {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly sessions: SessionStore,
    private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async keep(tx: Queries, accountId: AccountId, provider: string, secret: string): Promise<PendingEvent> {
    await this.connections.lockAccount(tx, accountId);
    const before = (await this.connections.hold(tx, accountId, provider))?.connection;
    const key = { id: before?.id ?? newConnectionId(), accountId, provider };
    const connected = {
      attemptId: newAttemptId(),
      // Nobody says whose it is elsewhere.
      subject: accountId,
      name: undefined,
      email: undefined,
      scopes: [],
      tokens: { accessToken: secret },
      accessObtainedAt: new Date(this.clock.nowMs()),
      accessExpiresAt: null,
    };
    if (before === undefined) await this.connections.insert(tx, key, connected);
    else await this.connections.replace(tx, before, connected, false);
    await this.sessions.bindToOpenSessions(tx, accountId, key.id);
    return await this.outbox.changed(tx, key, 'connected');
  }
}
