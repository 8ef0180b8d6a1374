import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ConnectionId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { LEASE_MS } from '../leases/lease.js';
import { Connection } from '../connections/connection.js';
import { CONNECTION_COLUMNS, type ConnectionRow } from '../connections/connection-row.js';
import { Keyring } from '../keyring/keyring.js';
import { providerSessionOf } from '../providers/provider-session.js';
import { audiencesIn } from '../providers/token-audiences.js';
import type { RenewedTokens } from '../providers/token-answer.js';

/** The right to redeem this version's refresh token, for a while. */
export interface Lease {
  readonly id: ConnectionId;
  readonly version: number;
  readonly owner: string;
}

export interface Acquired {
  readonly lease: Lease;
  readonly connection: Connection;
}

/** Writes to a connection during a refresh. Each write depends on the lease, on the version, or on both. */
@Injectable()
export class RefreshStore {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
  ) {}

  /** @returns the leased connection; `undefined` when another replica has the lease, the version has changed, or it rests. */
  async acquire(
    id: ConnectionId,
    version: number,
    leaseMs: number = LEASE_MS,
  ): Promise<Acquired | undefined> {
    const owner = randomUUID();
    const { rows } = await this.database.query<ConnectionRow>({
      name: 'refresh-acquire',
      text: `update connections c set lease_owner = $3, lease_until = now() + $4 * interval '1 ms'
             where c.id = $1 and c.version = $2 and c.state <> 'reauth_required'
               and (c.lease_until is null or c.lease_until < now()) and (c.next_attempt_at is null or c.next_attempt_at <= now())
             returning ${CONNECTION_COLUMNS}`,
      values: [id, version, owner, leaseMs],
    });
    const [row] = rows;
    return row && { lease: { id, version, owner }, connection: new Connection(row, this.keyring) };
  }

  /** @returns false when another replica has the lease, or it was given back. */
  async renew({ id, owner }: Lease): Promise<boolean> {
    const { rowCount } = await this.database.query({
      name: 'refresh-renew',
      text: `update connections set lease_until = now() + $3 * interval '1 ms' where id = $1 and lease_owner = $2`,
      values: [id, owner, LEASE_MS],
    });
    return rowCount === 1;
  }

  /** Writes the intent to redeem. From here on, a missing outcome means that nobody knows it. @returns false when the lease is lost. */
  async begin({ id, version, owner }: Lease): Promise<boolean> {
    const { rowCount } = await this.database.query({
      name: 'refresh-begin',
      text: 'update connections set refresh_started_at = now() where id = $1 and version = $2 and lease_owner = $3',
      values: [id, version, owner],
    });
    return rowCount === 1;
  }

  /**
   * Stores an answer to this version's refresh token, even when the lease has run out meanwhile, unless another answer is
   * stored: it may be the only one there will ever be.
   * @returns false when the version has changed.
   */
  async keepAnswer({ id, version, owner }: Lease, answer: Buffer): Promise<boolean> {
    const { rowCount } = await this.database.query({
      name: 'refresh-keep-answer',
      text: `update connections set answer = $4
             where id = $1 and version = $2 and (lease_owner = $3 or answer is null)`,
      values: [id, version, owner, answer],
    });
    return rowCount === 1;
  }

  /**
   * Publishes new tokens under the next version.
   * @param sent the refresh token that was redeemed
   * @returns `undefined` when the version has changed.
   */
  async publish(
    connection: Connection,
    version: number,
    accepted: RenewedTokens,
    sent: string,
  ): Promise<Connection | undefined> {
    const { rows } = await this.database.query<ConnectionRow>({
      name: 'refresh-publish',
      text: `update connections c set tokens = $3, scopes = coalesce($4, c.scopes), access_obtained_at = $5, access_expires_at = $6,
               provider_session = coalesce($7, c.provider_session), version = c.version + 1, state = 'live', refreshed_at = now(), answer = null, lease_owner = null, lease_until = null,
               refresh_started_at = null, failures = 0, refusals = 0, next_attempt_at = null, set_aside_at = null,
               has_refresh_token = true, refresh_rotated = $8, token_audiences = $9
             where c.id = $1 and c.version = $2 returning ${CONNECTION_COLUMNS}`,
      values: [
        connection.id,
        version,
        connection.sealTokens(accepted.tokens),
        accepted.scopes ?? null,
        new Date(accepted.obtainedAtMs),
        accepted.expiresAtMs === undefined ? null : new Date(accepted.expiresAtMs),
        providerSessionOf(connection.provider, accepted.tokens),
        accepted.tokens.refreshToken !== sent,
        audiencesIn(accepted.tokens.accessToken),
      ],
    });
    return rows[0] && new Connection(rows[0], this.keyring);
  }

  /**
   * Marks the connection: only its user can mend it.
   * @param judged the row's answer was judged, as far as it can be. One that was stored meanwhile is not thrown away
   * @returns false when the lease is lost, the version has changed, or there is such an answer.
   */
  async requireReauth(tx: Queries, { id, version, owner }: Lease, judged: boolean): Promise<boolean> {
    const { rowCount } = await tx.query({
      name: 'refresh-require-reauth',
      text: `update connections set state = 'reauth_required', answer = null, lease_owner = null, lease_until = null,
               refresh_started_at = null, next_attempt_at = null
             where id = $1 and version = $2 and lease_owner = $3 and ($4 or answer is null)`,
      values: [id, version, owner, judged],
    });
    return rowCount === 1;
  }

  /**
   * Leaves the connection alone for a while. `ambiguous` keeps the intent, so that it is known later what happened. `refused`
   * counts: the next refusal is the second. An outage in between does not end the row of refusals.
   */
  async rest(
    { id, version, owner }: Lease,
    state: 'unchanged' | 'ambiguous' | 'refused',
    restMs: number,
  ): Promise<void> {
    await this.database.query({
      name: 'refresh-rest',
      text: `update connections set failures = failures + 1, next_attempt_at = now() + $4 * interval '1 ms',
               lease_owner = null, lease_until = null, refusals = refusals + case when $6 then 1 else 0 end,
               state = case when $5 then 'ambiguous' else state end,
               refresh_started_at = case when $5 or state = 'ambiguous' then refresh_started_at end
             where id = $1 and version = $2 and lease_owner = $3`,
      values: [id, version, owner, restMs, state === 'ambiguous', state === 'refused'],
    });
  }

  /** Marks a row that does not open. Its user can mend it, and so can its key. @returns false when it has changed or is marked. */
  async setAside(tx: Queries, { row }: Connection): Promise<boolean> {
    const { id, version, tokens, answer } = row;
    const { rowCount } = await tx.query({
      name: 'refresh-set-aside',
      text: `update connections set state = 'reauth_required', set_aside_at = now(), lease_owner = null, lease_until = null
             where id = $1 and version = $2 and tokens = $3 and answer is not distinct from $4 and set_aside_at is null`,
      values: [id, version, tokens, answer],
    });
    return rowCount === 1;
  }

  /** The row opens again, as it was. */
  async takeBack(tx: Queries, { row: { id, version } }: Connection): Promise<Connection | undefined> {
    const { rows } = await tx.query<ConnectionRow>({
      name: 'refresh-take-back',
      text: `update connections c set set_aside_at = null,
               state = case when c.refresh_started_at is null then 'live' else 'ambiguous' end
             where c.id = $1 and c.version = $2 and c.set_aside_at is not null returning ${CONNECTION_COLUMNS}`,
      values: [id, version],
    });
    return rows[0] && new Connection(rows[0], this.keyring);
  }

  async release({ id, owner }: Lease): Promise<void> {
    await this.database.query({
      name: 'refresh-release',
      text: 'update connections set lease_owner = null, lease_until = null where id = $1 and lease_owner = $2',
      values: [id, owner],
    });
  }
}
