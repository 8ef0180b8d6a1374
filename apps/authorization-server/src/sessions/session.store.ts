import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { sha256 } from '@gatehouse/kernel/digest';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { endSessionText } from '@gatehouse/persistence/end-session';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import { CLOCK } from '@gatehouse/service-process/injected';
import { ClientTerms } from '../client-terms/client-terms.js';
import type { Session } from '../generated/client.js';
import { Rows } from '../rows/rows.store.js';

/** `expired` happens by itself, and only the vault is told. The other reasons are events. */
export type CloseReason = 'signed_out' | 'revoked' | 'refresh_token_replayed' | 'expired';

export interface OpenSession {
  readonly tsid: SessionId;
  readonly accountId: AccountId;
  readonly clientId: string;
  readonly clientName: string;
}

export interface ListedSession {
  readonly tsid: string;
  readonly clientName: string;
  readonly openedAtMs: number;
  readonly usedAtMs: number;
}

export interface ClosedSession {
  readonly tsid: SessionId;
  readonly accountId: AccountId;
  readonly reason: CloseReason;
  readonly closedAtMs: number;
}

const OPEN_FIELDS = ['tsid', 'accountId', 'clientId', 'clientName'] as const satisfies (keyof OpenSession)[];
const CLOSED_FIELDS = ['tsid', 'accountId', 'closeReason', 'closedAt'] as const;
const CLOSED_COLUMNS = columnsOf(CLOSED_FIELDS);

type Ids = { tsid: SessionId; accountId: AccountId };
type OpenRow = RowOf<Session, (typeof OPEN_FIELDS)[number], Ids>;
/** Rows whose `closed_at` is set. */
type ClosedRow = RowOf<
  Session,
  (typeof CLOSED_FIELDS)[number],
  Ids & { closeReason: CloseReason; closedAt: Date }
>;

interface EndRow {
  readonly endsAt: Date;
}

const closedSession = ({ tsid, accountId, closeReason, closedAt }: ClosedRow): ClosedSession => ({
  tsid,
  accountId,
  reason: closeReason,
  closedAtMs: closedAt.getTime(),
});

/** $2 is today's lifespan of a session. When it was shortened, it also holds for sessions that are open already. */
const OPEN_FOR = `tsid = $1 and closed_at is null and least(expires_at, opened_at + $2 * interval '1 ms') > now()`;

/** A closed session is kept for a while, so that its end can be looked up. */
export const SESSION_SWEEP = {
  name: 'sweep-sessions',
  text: "delete from sessions where announced_at is not null and closed_at < now() - interval '30 days'",
} as const;

@Injectable()
export class SessionStore {
  constructor(
    private readonly database: Database,
    private readonly rows: Rows,
    private readonly terms: ClientTerms,
    @Inject(CLOCK) private readonly clock: Clock,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [SESSION_SWEEP]));
  }

  /**
   * Opening a session twice changes nothing, because a reloaded page finishes the same sign-in. That of a client whose registration
   * was deleted meanwhile is closed at once, so that the vault hears of its end. The registration stays until the session is there:
   * whoever deletes it waits, and then sees the session (`closeOfClient`).
   */
  async open(session: OpenSession): Promise<void> {
    const { clientId } = session;
    const { sessionLifespanMs, refreshTokenLifespanMs } = this.terms.lifespansOf(clientId);
    await this.database.query({
      name: 'session-open',
      // A registration that is used is not swept any more (ClientExpiry). What a statement has changed it does not lock as well.
      text: `with first_used as (
          update oidc_records set consumed_at = now() where model = 'Client' and id = $6 and consumed_at is null returning id
        ), registration as (
          select from oidc_records where model = 'Client' and id = $6 for key share
        ), client as (
          select $7 or exists (select from first_used) or exists (select from registration) as is_known
        )
        insert into sessions (tsid, account_id, client_id, client_name, expires_at, closed_at, close_reason)
        select $1::uuid, $2::uuid, $3::text, $4::text, now() + $5 * interval '1 ms',
          case when not is_known then now() end, case when not is_known then 'revoked' end
        from client on conflict (tsid) do nothing`,
      values: [
        session.tsid,
        session.accountId,
        clientId,
        session.clientName,
        Math.min(refreshTokenLifespanMs, sessionLifespanMs),
        sha256(clientId),
        this.terms.hasNoRegistration(clientId),
      ],
    });
  }

  /** Ends all sessions of a client that is being deleted, and everything issued for them. */
  async closeOfClient(tx: Queries, clientId: string): Promise<readonly ClosedSession[]> {
    const { rows } = await tx.query<ClosedRow>({
      name: 'sessions-of-client-close',
      text: `update sessions set closed_at = now(), close_reason = 'revoked'
        where client_id = $1 and closed_at is null returning ${CLOSED_COLUMNS}`,
      values: [clientId],
    });
    const tsids = rows.map(({ tsid }) => tsid);
    await tx.query({
      name: 'issued-to-client-remove',
      text: `delete from oidc_records where grant_id = any($1) or (model = 'Grant' and id = any($2))`,
      values: [tsids, tsids.map(sha256)],
    });
    return rows.map(closedSession);
  }

  /**
   * Keeps a session from being opened that is not known here yet. No client has to hear of it.
   * @returns false when it is known, open or closed.
   */
  async forestall(tsid: SessionId, accountId: AccountId, reason: CloseReason): Promise<boolean> {
    const { rowCount } = await this.database.query({
      name: 'session-forestall',
      text: `insert into sessions (tsid, account_id, client_id, client_name, expires_at, closed_at, close_reason, logout_tries)
        select $1::uuid, id, '', '', now(), now(), $3::text, 4 from accounts where id = $2 on conflict (tsid) do nothing`,
      values: [tsid, accountId, reason],
    });
    return rowCount === 1;
  }

  async findOpen(tsid: string): Promise<OpenSession | undefined> {
    const { rows } = await this.database.query<OpenRow>({
      name: 'session-find-open',
      text: `select ${columnsOf(OPEN_FIELDS)} from sessions
        where tsid = $1 and closed_at is null and expires_at > now()`,
      values: [tsid],
    });
    return rows[0];
  }

  /**
   * The session was used, and goes on for as long as a refresh token lives.
   * @returns when it ends at the latest, in milliseconds since the epoch; `undefined` when it is over.
   */
  async use(tsid: string, clientId: string | undefined): Promise<number | undefined> {
    const { sessionLifespanMs, refreshTokenLifespanMs } = this.terms.lifespansOf(clientId);
    const { rows } = await this.database.query<EndRow>({
      name: 'session-use',
      text: `update sessions
        set used_at = now(), expires_at = least(now() + $3 * interval '1 ms', opened_at + $2 * interval '1 ms')
        where ${OPEN_FOR} returning opened_at + $2 * interval '1 ms' as "endsAt"`,
      values: [tsid, sessionLifespanMs, refreshTokenLifespanMs],
    });
    return rows[0]?.endsAt.getTime();
  }

  /** What became of it since it was opened. `waiting`: within `withinMs`, for its client's first token request. */
  async progressOf(tsid: SessionId, withinMs: number): Promise<'waiting' | 'in-use' | 'over'> {
    const { rows } = await this.database.query<{ isUsed: boolean; isRecent: boolean }>({
      name: 'session-progress',
      text: `select used_at > opened_at as "isUsed", opened_at > now() - $2 * interval '1 ms' as "isRecent"
        from sessions where tsid = $1 and closed_at is null and expires_at > now()`,
      values: [tsid, withinMs],
    });
    if (rows[0]?.isUsed === true) return 'in-use';
    return rows[0]?.isRecent === true ? 'waiting' : 'over';
  }

  /** @returns when the session ends at the latest, as {@link use} does, without using it. */
  async endOf(tsid: string): Promise<number | undefined> {
    const { rows } = await this.database.query<EndRow>({
      name: 'session-end',
      text: `select opened_at + $2 * interval '1 ms' as "endsAt" from sessions where ${OPEN_FOR}`,
      values: [tsid, this.terms.lifespansOf(undefined).sessionLifespanMs],
    });
    return rows[0]?.endsAt.getTime();
  }

  async listOpen(accountId: AccountId): Promise<readonly ListedSession[]> {
    const rows = await this.rows.session.findMany({
      where: { accountId, closedAt: null, expiresAt: { gt: new Date(this.clock.nowMs()) } },
      orderBy: { openedAt: 'desc' },
    });
    return rows.map(({ tsid, clientName, openedAt, usedAt }) => ({
      tsid,
      clientName,
      openedAtMs: openedAt.getTime(),
      usedAtMs: usedAt.getTime(),
    }));
  }

  /** Open sessions of an account at a client. */
  async openAt(accountId: AccountId, clientId: string): Promise<readonly SessionId[]> {
    const rows = await this.rows.session.findMany({
      where: { accountId, clientId, closedAt: null, expiresAt: { gt: new Date(this.clock.nowMs()) } },
      select: { tsid: true },
    });
    return rows.map(({ tsid }) => tsid as SessionId); // ids of sessions are minted by newSessionId only
  }

  /**
   * Ends a session and everything issued for it in one statement; its id is the grant's id.
   * @returns `undefined` when it was not open (any more).
   */
  async close(tsid: string, reason: CloseReason, owner?: AccountId): Promise<ClosedSession | undefined> {
    const { rows } = await this.database.query<ClosedRow>({
      name: 'session-close',
      text: endSessionText(CLOSED_COLUMNS),
      values: [tsid, reason, owner ?? null, sha256(tsid)],
    });
    return rows.map(closedSession)[0];
  }

  /** Shortens sessions that were opened when a longer lifespan was configured. */
  async shorten(): Promise<void> {
    await this.database.query({
      name: 'session-shorten',
      text: `update sessions set expires_at = opened_at + $1 * interval '1 ms'
        where closed_at is null and expires_at > opened_at + $1 * interval '1 ms'`,
      values: [this.terms.lifespansOf(undefined).sessionLifespanMs],
    });
  }

  /** Closes sessions whose refresh tokens have all expired, and removes their grants. */
  async closeExpired(): Promise<void> {
    const { rows } = await this.database.query<RowOf<Session, 'tsid'>>({
      name: 'session-close-expired',
      text: `update sessions set closed_at = now(), close_reason = 'expired'
        where closed_at is null and expires_at <= now() returning tsid`,
    });
    await this.database.query({
      name: 'grants-of-sessions-remove',
      text: "delete from oidc_records where model = 'Grant' and id = any($1)",
      values: [rows.map(({ tsid }) => sha256(tsid))],
    });
  }

  /**
   * @returns the sessions that accounts have beyond `maxPerAccount`: of whichever client has most, and of it the least recently used.
   * One that signs in again and again ends no other one's.
   */
  async beyond(maxPerAccount: number, limit: number): Promise<readonly string[]> {
    const { rows } = await this.database.query<RowOf<Session, 'tsid'>>({
      name: 'session-beyond',
      text: `select tsid from (
          select tsid, used_at, row_number() over (partition by account_id order by of_client, used_at desc, tsid) as place from (
            select tsid, account_id, used_at,
              row_number() over (partition by account_id, client_id order by used_at desc, tsid) as of_client from sessions
            where closed_at is null and account_id in (
              select account_id from sessions where closed_at is null group by account_id having count(*) > $1)
          ) ranked
        ) placed where place > $1 order by used_at limit $2`,
      values: [maxPerAccount, limit],
    });
    return rows.map(({ tsid }) => tsid);
  }

  /** The outbox: sessions that the vault and the proxies may not know as closed, newest first. */
  async unannounced(limit: number): Promise<readonly ClosedSession[]> {
    const { rows } = await this.database.query<ClosedRow>({
      name: 'session-unannounced',
      text: `select ${CLOSED_COLUMNS} from sessions
        where closed_at is not null and announced_at is null order by closed_at desc limit $1`,
      values: [limit],
    });
    return rows.map(closedSession);
  }

  async markAnnounced(tsid: SessionId): Promise<void> {
    await this.database.query({
      name: 'session-announced',
      text: 'update sessions set announced_at = now() where tsid = $1',
      values: [tsid],
    });
  }
}
