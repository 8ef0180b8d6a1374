import { Injectable } from '@nestjs/common';
import type { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Database, type Queries } from '@gatehouse/persistence/database';
import type { z } from 'zod';
import type { PendingEvent } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.js';
import { AdoptStaged } from './adopt-staged.js';
import { ConnectionStore } from './connection.store.js';
import { LegStores } from './leg-stores.js';
import { SessionStore } from './session.store.js';

type Request = z.output<typeof sessionOpen.request>;

interface Opened {
  readonly bound: readonly string[];
  readonly events: readonly PendingEvent[];
}

/** Adopts and binds, all or nothing: one transaction, undone by any refusal. */
@Injectable()
export class OpenSession {
  constructor(
    private readonly database: Database,
    private readonly sessions: SessionStore,
    private readonly stores: LegStores,
    private readonly connections: ConnectionStore,
    private readonly adopt: AdoptStaged,
    private readonly outbox: Outbox,
  ) {}

  async run(request: Request): Promise<z.input<typeof sessionOpen.reply>> {
    const { bound, events } = await this.stores.staged.orSetAside(() =>
      this.database.transaction((tx) => this.#open(tx, request)),
    );
    await this.outbox.publish(events);
    return { bound: inOrder(request.providers, bound) };
  }

  async #open(tx: Queries, { attemptId, tsid, accountId, providers, subjects }: Request): Promise<Opened> {
    await this.connections.lockAccount(tx, accountId);
    const before = await this.sessions.hold(tx, tsid);
    if (before !== undefined) {
      if (before.closed) throw new GatehouseError('session_closed');
      if (before.accountId !== accountId || before.attemptId !== attemptId)
        throw new GatehouseError('request_invalid', 'the session belongs to another sign-in');
      return { bound: await this.sessions.bound(tx, tsid), events: [] };
    }
    await this.stores.discarded.refuse(tx, attemptId);
    if (await this.stores.staged.isForAnother(tx, attemptId, accountId))
      throw new GatehouseError('attempt_unknown', 'the attempt was begun for another account');
    const taken = await this.stores.staged.take(tx, attemptId, accountId, subjects);
    const lost = Object.keys(subjects).find((name) => taken.every(({ provider }) => provider !== name));
    if (lost !== undefined) throw missingConnection(lost);
    const events: PendingEvent[] = [];
    for (const staged of taken) events.push((await this.adopt.run(tx, staged, accountId)).event);
    if (!(await this.sessions.insert(tx, tsid, accountId, attemptId)))
      throw new GatehouseError('request_invalid', 'the session belongs to another sign-in');
    const bound = await this.sessions.bind(tx, tsid, accountId, providers);
    const missing = providers.find((provider) => !bound.includes(provider));
    if (missing !== undefined) throw missingConnection(missing);
    return { bound, events };
  }
}

const missingConnection = (provider: string): GatehouseError =>
  new GatehouseError('connection_missing', `no connection to ${provider}`, { details: { provider } });

const inOrder = (order: readonly string[], bound: readonly string[]): string[] => [
  ...new Set(order.filter((provider) => bound.includes(provider))),
];
