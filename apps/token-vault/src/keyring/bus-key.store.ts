import { Injectable } from '@nestjs/common';
import { DAY_MS, HOUR_MS } from '@gatehouse/kernel/durations';
import { Database, type Queries, type Statement } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { BusKey as Model } from '../generated/client.js';

/** New requests are sealed for a key during this time. */
const USE_MS = DAY_MS;
/** It opens for this much longer: a request may have been sealed at the last moment. */
const OPEN_LONGER_MS = HOUR_MS;

/** `setAsideAt`: when it was found not to open, by whichever replica. */
const FIELDS = ['kid', 'privateJwk', 'setAsideAt'] as const satisfies readonly (keyof Model)[];

export interface BusKeyRow extends RowOf<Model, (typeof FIELDS)[number]> {
  /** What is left of its time, by Postgres' clock. Zero or less: it is not the current key any more. */
  readonly useForMs: number;
}

/** No message for such a key can arrive any more. */
const EXPIRED: Statement = {
  name: 'bus-keys-sweep',
  text: `delete from bus_keys where open_until < now() - $1 * interval '1 ms'`,
  values: [DAY_MS],
};

@Injectable()
export class BusKeyStore {
  constructor(
    private readonly database: Database,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [EXPIRED]));
  }

  /** Every key that may still open a message, the current one first. */
  async live(queries: Queries = this.database): Promise<readonly BusKeyRow[]> {
    const { rows } = await queries.query<BusKeyRow>({
      name: 'bus-keys-live',
      text: `select ${columnsOf(FIELDS)}, (extract(epoch from use_until - now()) * 1000)::float8 as "useForMs" from bus_keys
             where open_until > now() order by use_until desc`,
    });
    return rows;
  }

  /** Marks keys that do not open here. They stay for replicas that can open them. */
  async setAside(kids: readonly string[]): Promise<void> {
    await this.database.query({
      name: 'bus-keys-set-aside',
      text: 'update bus_keys set set_aside_at = now() where kid = any($1) and set_aside_at is null',
      values: [kids],
    });
  }

  /** Adds a new key unless another replica has just added one. */
  async addUnlessCurrent(make: () => Promise<{ kid: string; privateJwk: Buffer }>): Promise<void> {
    const { kid, privateJwk } = await make();
    await this.database.transaction(async (tx) => {
      await tx.query({
        name: 'bus-keys-lock',
        text: `select pg_advisory_xact_lock(hashtextextended('bus-keys', 0))`,
      });
      await tx.query({
        name: 'bus-keys-add',
        text: `insert into bus_keys (kid, private_jwk, use_until, open_until)
               select $1, $2, now() + $3 * interval '1 ms', now() + $4 * interval '1 ms'
               where not exists (select from bus_keys where use_until > now() and set_aside_at is null)`,
        values: [kid, privateJwk, USE_MS, USE_MS + OPEN_LONGER_MS],
      });
    });
  }
}
