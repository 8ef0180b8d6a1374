import { Injectable } from '@nestjs/common';
import type { AccountId, AttemptId, ConnectionId, SessionId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { Keyring } from '../keyring/keyring.js';
import { issuedAtOf, providerSessionOf } from '../providers/provider-session.js';
import { audiencesIn } from '../providers/token-audiences.js';
import type { TokenSet } from '../providers/token-answer.js';
import type { PossiblySame } from './account-bound.js';
import { CONNECTION_COLUMNS, type ConnectionRow } from './connection-row.js';
import { Connection, ConnectionSeal, type ConnectionKey } from './connection.js';

/** The connection that one session has at one provider. */
export interface SessionConnection {
  readonly accountId: AccountId;
  readonly connection: Connection | undefined;
}

/** A row that nobody else can change meanwhile, and the attempt that it came from. */
export interface HeldConnection {
  readonly connection: Connection;
  readonly attemptId: AttemptId;
}

/** The part of a connection that a sign-in writes. */
export interface ConnectedTokens {
  readonly attemptId: AttemptId;
  readonly subject: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly scopes: readonly string[];
  readonly tokens: TokenSet;
  readonly accessObtainedAt: Date;
  readonly accessExpiresAt: Date | null;
}

const values = (
  seal: ConnectionSeal,
  { id, provider }: Pick<ConnectionKey, 'id' | 'provider'>,
  connected: ConnectedTokens,
): readonly unknown[] => [
  id,
  connected.attemptId,
  connected.subject,
  connected.name ?? null,
  connected.email ?? null,
  connected.scopes,
  seal.sealTokens(connected.tokens),
  connected.accessObtainedAt,
  connected.accessExpiresAt,
  providerSessionOf(provider, connected.tokens),
  issuedAtOf(connected.tokens),
  connected.tokens.refreshToken !== undefined,
  audiencesIn(connected.tokens.accessToken),
];

@Injectable()
export class ConnectionStore {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
  ) {}

  /** Locks an account until the transaction ends: its sign-ins, adoptions and revocations happen one after another. */
  async lockAccount(tx: Queries, accountId: AccountId): Promise<void> {
    await tx.query({
      name: 'account-lock',
      text: 'select pg_advisory_xact_lock(hashtextextended($1::text, 0))',
      values: [accountId],
    });
  }

  /** One round trip on the hot path. `undefined`: the session is closed or unknown. */
  async ofSession(tsid: SessionId, provider: string): Promise<SessionConnection | undefined> {
    const { rows } = await this.database.query<
      { sessionAccountId: AccountId } & (ConnectionRow | { id: null })
    >({
      name: 'connection-of-session',
      text: `select s.account_id as "sessionAccountId", ${CONNECTION_COLUMNS} from sessions s
             left join (session_connections sc join connections c on c.id = sc.connection_id)
               on sc.tsid = s.tsid and c.provider = $2 and c.account_id = s.account_id
             where s.tsid = $1 and s.closed_at is null`,
      values: [tsid, provider],
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    const { sessionAccountId: accountId, ...connection } = row;
    return { accountId, connection: connection.id === null ? undefined : this.#connection(connection) };
  }

  async byId(id: ConnectionId): Promise<Connection | undefined> {
    const { rows } = await this.database.query<ConnectionRow>({
      name: 'connection-by-id',
      text: `select ${CONNECTION_COLUMNS} from connections c where c.id = $1`,
      values: [id],
    });
    return rows[0] && this.#connection(rows[0]);
  }

  async ofAccount(accountId: AccountId, provider: string): Promise<Connection | undefined> {
    const { rows } = await this.database.query<ConnectionRow>({
      name: 'connection-of-account',
      text: `select ${CONNECTION_COLUMNS} from connections c where c.account_id = $1 and c.provider = $2`,
      values: [accountId, provider],
    });
    return rows[0] && this.#connection(rows[0]);
  }

  /** The account's connection, held against other writers until the transaction ends. */
  async hold(tx: Queries, accountId: AccountId, provider: string): Promise<HeldConnection | undefined> {
    const { rows } = await tx.query<ConnectionRow & { attemptId: AttemptId }>({
      name: 'connection-hold',
      text: `select ${CONNECTION_COLUMNS}, c.attempt_id as "attemptId" from connections c
             where c.account_id = $1 and c.provider = $2 for update`,
      values: [accountId, provider],
    });
    const [row] = rows;
    return row && { connection: this.#connection(row), attemptId: row.attemptId };
  }

  /** Whether anybody is connected as this subject, or as one that may be the same person. */
  async hasSubject(tx: Queries, provider: string, same: PossiblySame): Promise<boolean> {
    const { rows } = await tx.query({
      name: 'connection-has-subject',
      text: `select 1 from connections where provider = $1 and (subject = $2 or starts_with(subject, $3) or $4)
               and ($5::uuid is null or account_id = $5) limit 1`,
      values: [provider, same.subject, same.unknown, same.anybody, same.accountId],
    });
    return rows.length > 0;
  }

  async insert(tx: Queries, key: ConnectionKey, connected: ConnectedTokens): Promise<void> {
    const seal = new ConnectionSeal(this.keyring, key);
    await tx.query({
      name: 'connection-insert',
      text: `insert into connections (id, attempt_id, subject, name, email, scopes, tokens, access_obtained_at, access_expires_at,
               provider_session, signed_in_at, has_refresh_token, token_audiences, account_id, provider)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      values: [...values(seal, key, connected), key.accountId, key.provider],
    });
  }

  /**
   * The version grows and the lease ends, so that a refresh that is still running cannot write over the new tokens.
   * @param keepsGrant the refresh token is the one of before: then its redemption may be under way, and stays leased.
   */
  async replace(
    tx: Queries,
    before: Connection,
    connected: ConnectedTokens,
    keepsGrant: boolean,
  ): Promise<void> {
    await tx.query({
      name: 'connection-replace',
      text: `update connections set attempt_id = $2, subject = $3, name = $4, email = $5, scopes = $6, tokens = $7,
               access_obtained_at = $8, access_expires_at = $9, provider_session = $10, signed_in_at = $11,
               version = version + 1, state = 'live', connected_at = now(),
               refreshed_at = null, answer = null, failures = 0, refusals = 0, next_attempt_at = null, set_aside_at = null,
               lacking_scopes = '{}', lacking_at = null,
               claims_challenge = null, acr_challenge = null, max_age_challenge = null, challenged_at = null,
               has_refresh_token = $12, token_audiences = $13, refresh_rotated = null,
               lease_owner = case when $14 then lease_owner end, lease_until = case when $14 then lease_until end,
               refresh_started_at = case when $14 then refresh_started_at end
             where id = $1`,
      values: [...values(before, before, connected), keepsGrant],
    });
  }

  async delete(tx: Queries, id: ConnectionId): Promise<void> {
    await tx.query({
      name: 'connection-delete',
      text: 'delete from connections where id = $1',
      values: [id],
    });
  }

  #connection(row: ConnectionRow): Connection {
    return new Connection(row, this.keyring);
  }
}
