import { Injectable } from '@nestjs/common';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';

const LEG_LIFETIME_MS = 10 * MINUTE_MS;

/** A browser goes back and forth, and opens a second tab; who begins more legs in one attempt loses the oldest. */
const MAX_PENDING = 8;

export interface NewLeg {
  readonly stateHash: string;
  readonly attemptId: AttemptId;
  readonly provider: string;
  readonly accountId: AccountId | undefined;
  readonly browserBinding: string;
  readonly secrets: Buffer;
}

export interface PendingLeg {
  readonly attemptId: AttemptId;
  readonly provider: string;
  readonly accountId: AccountId | null;
  readonly secrets: Buffer;
}

@Injectable()
export class PendingLegStore {
  constructor(private readonly database: Database) {}

  async add(tx: Queries, leg: NewLeg): Promise<Date> {
    const { rows } = await tx.query<{ expiresAt: Date }>({
      name: 'pending-leg-add',
      text: `insert into pending_legs (state_hash, attempt_id, provider, account_id, browser_binding, secrets, expires_at)
             values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 ms') returning expires_at as "expiresAt"`,
      values: [
        leg.stateHash,
        leg.attemptId,
        leg.provider,
        leg.accountId ?? null,
        leg.browserBinding,
        leg.secrets,
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
   * The leg of a state, in time and for the browser that began it. It stays: whoever else asks for it, and whatever else
   * is wrong with a callback, cannot end somebody's sign-in.
   * @throws {GatehouseError} `callback_unknown`, `callback_expired`, `callback_wrong_browser`
   */
  async find(stateHash: string, browserBinding: string): Promise<PendingLeg> {
    const { rows } = await this.database.query<PendingLeg & { isLive: boolean; isOwn: boolean }>({
      name: 'pending-leg-find',
      text: `select attempt_id as "attemptId", provider, account_id as "accountId", secrets,
               expires_at > now() as "isLive", browser_binding = $2 as "isOwn"
             from pending_legs where state_hash = $1`,
      values: [stateHash, browserBinding],
    });
    const [found] = rows;
    if (found === undefined) throw new GatehouseError('callback_unknown');
    const { isLive, isOwn, ...leg } = found;
    if (isLive && isOwn) return leg;
    if (isLive) throw new GatehouseError('callback_wrong_browser');
    await this.database.query({
      name: 'pending-leg-expired',
      text: 'delete from pending_legs where state_hash = $1',
      values: [stateHash],
    });
    throw new GatehouseError('callback_expired');
  }

  /** Uses up a leg that was found: of any number of callbacks that found it, one. @throws {GatehouseError} `callback_unknown` */
  async consume(stateHash: string): Promise<void> {
    const { rowCount } = await this.database.query({
      name: 'pending-leg-consume',
      text: 'delete from pending_legs where state_hash = $1',
      values: [stateHash],
    });
    if (rowCount === 0) throw new GatehouseError('callback_unknown', 'another callback was faster');
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
