import { Injectable } from '@nestjs/common';
import { HOUR_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';
import { MIB } from '@gatehouse/kernel/sizes';
import { Database, type Queries, type Statement } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { PendingLeg as Model } from '../generated/client.js';
import { Keyring, legOwner } from '../keyring/keyring.js';
import { legSecrets, type LegSecrets } from '../providers/authorization-parameters.js';
import { DiscardedAttemptStore } from './discarded-attempt.store.js';

const LEG_LIFETIME_MS = 10 * MINUTE_MS;

/** People go back and open second tabs. Beyond this many legs in one attempt the oldest is dropped. */
const MAX_PENDING = 8;

interface NewLeg {
  readonly stateHash: string;
  readonly attemptId: AttemptId;
  readonly provider: string;
  readonly accountId: AccountId | undefined;
  readonly browserBinding: string;
  readonly secrets: LegSecrets;
}

const FIELDS = ['attemptId', 'provider', 'accountId', 'secrets'] as const satisfies readonly (keyof Model)[];
type Row = RowOf<Model, (typeof FIELDS)[number], { attemptId: AttemptId; accountId: AccountId | null }>;

interface PendingLeg extends Omit<Row, 'secrets'> {
  /** Absent: they do not open. */
  readonly secrets: LegSecrets | undefined;
}

interface FoundLeg extends Row {
  readonly isLive: boolean;
  readonly isOwn: boolean;
}

/** An expired leg stays an hour, so that its user can be told that it expired. */
const EXPIRED: Statement = {
  name: 'pending-leg-sweep',
  text: `delete from pending_legs where expires_at < now() - $1 * interval '1 ms'`,
  values: [HOUR_MS],
};

@Injectable()
export class PendingLegStore {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly discarded: DiscardedAttemptStore,
    expiry: Expiry,
  ) {
    expiry.add(
      endedBy(database, [EXPIRED], [{ table: 'pending_legs', age: 'expires_at', maxBytes: 256 * MIB }]),
    );
  }

  /** @returns when the leg expires. @throws {GatehouseError} `attempt_unknown` when the attempt was discarded. */
  async begin(leg: NewLeg): Promise<Date> {
    return await this.database.transaction(async (tx) => {
      await this.discarded.refuse(tx, leg.attemptId);
      return await this.#add(tx, leg);
    });
  }

  async #add(tx: Queries, leg: NewLeg): Promise<Date> {
    const { rows } = await tx.query<RowOf<Model, 'expiresAt'>>({
      name: 'pending-leg-add',
      text: `insert into pending_legs (state_hash, attempt_id, provider, account_id, browser_binding, secrets, expires_at)
             values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 ms') returning ${columnsOf(['expiresAt'])}`,
      values: [
        leg.stateHash,
        leg.attemptId,
        leg.provider,
        leg.accountId ?? null,
        leg.browserBinding,
        this.keyring.seal(leg.secrets, legOwner(leg.attemptId, leg.provider)),
        LEG_LIFETIME_MS,
      ],
    });
    const [row] = rows;
    if (row === undefined) throw new GatehouseError('internal', 'a pending leg was not stored');
    await tx.query({
      name: 'pending-leg-trim',
      text: `delete from pending_legs where state_hash in (
               select state_hash from pending_legs where attempt_id = $1 order by expires_at desc offset $2)`,
      values: [leg.attemptId, MAX_PENDING],
    });
    return row.expiresAt;
  }

  /**
   * Finds the leg of a state, if it is still in time and belongs to this browser. The leg stays, so that a wrong callback
   * cannot end somebody's sign-in.
   * @throws {GatehouseError} `callback_unknown`, `callback_expired`, `callback_wrong_browser`
   */
  async find(stateHash: string, browserBinding: string): Promise<PendingLeg> {
    const { rows } = await this.database.query<FoundLeg>({
      name: 'pending-leg-find',
      text: `select ${columnsOf(FIELDS)},
               expires_at > now() as "isLive", browser_binding = $2 as "isOwn"
             from pending_legs where state_hash = $1`,
      values: [stateHash, browserBinding],
    });
    const [found] = rows;
    if (found === undefined) throw new GatehouseError('callback_unknown');
    const { isLive, isOwn, secrets, ...leg } = found;
    if (isLive && isOwn) {
      const owner = legOwner(leg.attemptId, leg.provider);
      return { ...leg, secrets: this.keyring.open(legSecrets, secrets, owner) };
    }
    if (isLive) throw new GatehouseError('callback_wrong_browser');
    await this.database.query({
      name: 'pending-leg-expired',
      text: 'delete from pending_legs where state_hash = $1',
      values: [stateHash],
    });
    throw new GatehouseError('callback_expired');
  }

  /** Uses up a leg. Of several callbacks that found it, one succeeds. @throws {GatehouseError} `callback_unknown` */
  async consume(stateHash: string): Promise<void> {
    const { rowCount } = await this.database.query({
      name: 'pending-leg-consume',
      text: 'delete from pending_legs where state_hash = $1',
      values: [stateHash],
    });
    if (rowCount === 0) throw new GatehouseError('callback_unknown', 'another callback has used the leg up');
  }

  async discard(tx: Queries, attemptId: AttemptId): Promise<number> {
    const { rowCount } = await tx.query({
      name: 'pending-leg-discard',
      text: 'delete from pending_legs where attempt_id = $1',
      values: [attemptId],
    });
    return rowCount;
  }
}
