import { Injectable } from '@nestjs/common';
import { DAY_MS } from '@gatehouse/kernel/durations';
import type { AccountId, AttemptId, ConnectionId, SessionId } from '@gatehouse/kernel/ids';
import { Database, type Queries, type Statement } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { Session as Model } from '../generated/client.js';

const HELD = ['accountId', 'attemptId'] as const satisfies readonly (keyof Model)[];

interface HeldSession extends RowOf<
  Model,
  (typeof HELD)[number],
  { accountId: AccountId | null; attemptId: AttemptId | null }
> {
  readonly closed: boolean;
}

export interface NewSession {
  readonly tsid: SessionId;
  readonly accountId: AccountId;
  readonly attemptId: AttemptId;
  readonly primaryProvider: string | undefined;
}

/** A closed session is remembered for longer than any message about it is on its way. */
const EXPIRED: Statement = {
  name: 'session-sweep',
  text: `delete from sessions where closed_at < now() - $1 * interval '1 ms'`,
  values: [30 * DAY_MS],
};

/** The vault's sessions: their accounts, and the connections that they may use. */
@Injectable()
export class SessionStore {
  constructor(
    private readonly database: Database,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [EXPIRED]));
  }

  async hold(tx: Queries, tsid: SessionId): Promise<HeldSession | undefined> {
    const { rows } = await tx.query<HeldSession>({
      name: 'session-hold',
      text: `select ${columnsOf(HELD)}, closed_at is not null as closed
             from sessions where tsid = $1 for update`,
      values: [tsid],
    });
    return rows[0];
  }

  /**
   * Remembers through which sign-in at the primary provider it was opened: the provider can end it (connections/provider-logout.store).
   * @returns false when a session of that name exists.
   */
  async insert(tx: Queries, { tsid, accountId, attemptId, primaryProvider }: NewSession): Promise<boolean> {
    const { rowCount } = await tx.query({
      name: 'session-insert',
      text: `insert into sessions (tsid, account_id, attempt_id, opened_at, primary_provider, primary_subject, provider_session, signed_in_at)
             select $1::uuid, $2::uuid, $3, now(), c.provider, c.subject, c.provider_session, coalesce(c.signed_in_at, c.connected_at)
             from (values (1)) one left join connections c on c.account_id = $2::uuid and c.provider = $4
             on conflict (tsid) do nothing`,
      values: [tsid, accountId, attemptId, primaryProvider ?? null],
    });
    return rowCount === 1;
  }

  /** Binds the account's connections to those providers. @returns the providers that are connected. */
  async bind(
    tx: Queries,
    tsid: SessionId,
    accountId: AccountId,
    providers: readonly string[],
  ): Promise<readonly string[]> {
    const { rows } = await tx.query<{ provider: string }>({
      name: 'session-bind',
      text: `with wanted as (select id, provider from connections where account_id = $2 and provider = any($3)),
             bound as (insert into session_connections (tsid, connection_id) select $1, id from wanted on conflict do nothing)
             select provider from wanted`,
      values: [tsid, accountId, providers],
    });
    return rows.map(({ provider }) => provider);
  }

  async bound(tx: Queries, tsid: SessionId): Promise<readonly string[]> {
    const { rows } = await tx.query<{ provider: string }>({
      name: 'session-bound',
      text: `select c.provider from session_connections sc join connections c on c.id = sc.connection_id where sc.tsid = $1`,
      values: [tsid],
    });
    return rows.map(({ provider }) => provider);
  }

  async bindToOpenSessions(tx: Queries, accountId: AccountId, connectionId: ConnectionId): Promise<void> {
    await tx.query({
      name: 'session-bind-all',
      text: `insert into session_connections (tsid, connection_id)
             select tsid, $2 from sessions where account_id = $1 and closed_at is null on conflict do nothing`,
      values: [accountId, connectionId],
    });
  }

  /**
   * Closes a session, also before it is opened: a late opening must fail. Whose it was is forgotten, with who they are at the primary
   * provider. @returns whether it was open.
   */
  async close(tsid: SessionId): Promise<boolean> {
    return await this.database.transaction(async (tx) => {
      const { rows } = await tx.query<{ opened: boolean }>({
        name: 'session-close',
        text: `insert into sessions as s (tsid, closed_at) values ($1, now())
               on conflict (tsid) do update set closed_at = now() where s.closed_at is null
               returning s.account_id is not null as opened`,
        values: [tsid],
      });
      await tx.query({
        name: 'session-close-forget',
        text: `update sessions set account_id = null, primary_provider = null, primary_subject = null, provider_session = null,
                 signed_in_at = null where tsid = $1`,
        values: [tsid],
      });
      for (const table of ['session_connections', 'exchanged_tokens'])
        await tx.query({
          name: `session-close-${table}`,
          text: `delete from ${table} where tsid = $1`,
          values: [tsid],
        });
      return rows[0]?.opened ?? false;
    });
  }

  async ownerOfOpen(tsid: SessionId): Promise<AccountId | undefined> {
    const { rows } = await this.database.query<RowOf<Model, 'accountId', { accountId: AccountId }>>({
      name: 'session-owner',
      text: `select ${columnsOf(['accountId'])} from sessions where tsid = $1 and closed_at is null`,
      values: [tsid],
    });
    return rows[0]?.accountId;
  }
}
