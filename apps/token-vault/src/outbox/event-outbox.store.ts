import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { Database, type Queries, type Statement } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import type { RowOf } from '@gatehouse/persistence/row-of';
import type { EventOutbox as Model } from '../generated/client.js';
import type { z } from 'zod';

export type ConnectionChange = z.input<typeof connectionChanged.payload>;

export interface PendingEvent {
  readonly id: string;
  readonly payload: ConnectionChange;
}

const CLAIM_MS = 10_000;

/** The stream would not keep it for longer either. The caches that it is for have forgotten by themselves. */
const EXPIRED: Statement = {
  name: 'event-sweep',
  text: `delete from event_outbox where created_at < now() - $1 * interval '1 ms'`,
  values: [7 * DAY_MS],
};

/** Events are written in the transaction of the change they tell of, and deleted when the bus has them. */
@Injectable()
export class EventOutboxStore {
  constructor(
    private readonly database: Database,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [EXPIRED]));
  }

  async add(tx: Queries, payload: ConnectionChange): Promise<PendingEvent> {
    const id = randomUUID();
    await tx.query({
      name: 'event-add',
      text: `insert into event_outbox (id, payload, next_attempt_at) values ($1, $2, now() + $3 * interval '1 ms')`,
      values: [id, JSON.stringify(payload), CLAIM_MS],
    });
    return { id, payload };
  }

  /** Takes events whose publication failed or whose replica died. */
  async claim(): Promise<readonly PendingEvent[]> {
    const { rows } = await this.database.query<RowOf<Model, 'id' | 'payload'>>({
      name: 'event-claim',
      text: `update event_outbox set next_attempt_at = now() + $1 * interval '1 ms'
             where id in (select id from event_outbox where next_attempt_at <= now() order by created_at limit 50 for update skip locked)
             returning id, payload`,
      values: [CLAIM_MS],
    });
    return rows.map(({ id, payload }) => ({ id, payload: connectionChanged.payload.parse(payload) }));
  }

  async delete(id: string): Promise<void> {
    await this.database.query({
      name: 'event-delete',
      text: 'delete from event_outbox where id = $1',
      values: [id],
    });
  }
}
