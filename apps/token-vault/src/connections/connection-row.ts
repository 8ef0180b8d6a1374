import type { ConnectionState } from '@gatehouse/contracts/token-vault/connection-list';
import type { AccountId, ConnectionId } from '@gatehouse/kernel/ids';

/** One account at one provider, as stored. */
export interface ConnectionRow {
  readonly id: ConnectionId;
  readonly accountId: AccountId;
  readonly provider: string;
  readonly subject: string;
  readonly state: ConnectionState;
  /** Grows with every published token set. */
  readonly version: number;
  /** Sealed `TokenSet`. */
  readonly tokens: Buffer;
  readonly accessObtainedAt: Date;
  /** Null: the provider did not say; the token is used until it is refused. */
  readonly accessExpiresAt: Date | null;
  /** Since the last refresh, by Postgres' clock; null when there was none. */
  readonly sinceRefreshedMs: number | null;
  /** Set while nobody knows how the last redemption of the refresh token ended. */
  readonly refreshStartedAt: Date | null;
  /** Since then, by Postgres' clock; 0 when it is not set. */
  readonly sinceStartedMs: number;
  /** Sealed `TokenAnswer` that was kept and is not validated yet. */
  readonly answer: Buffer | null;
  readonly leased: boolean;
  readonly failures: number;
  readonly nextAttemptAt: Date | null;
  /** When the row was found not to open. It is kept, since with its key it opens again. */
  readonly setAsideAt: Date | null;
}

/** The columns of a {@link ConnectionRow}, for a table or alias called `c`. */
export const CONNECTION_COLUMNS = `c.id, c.account_id as "accountId", c.provider, c.subject, c.state, c.version, c.tokens,
  c.access_obtained_at as "accessObtainedAt", c.access_expires_at as "accessExpiresAt",
  (extract(epoch from now() - c.refreshed_at) * 1000)::float8 as "sinceRefreshedMs", c.refresh_started_at as "refreshStartedAt",
  coalesce(extract(epoch from now() - c.refresh_started_at) * 1000, 0)::float8 as "sinceStartedMs", c.answer, coalesce(c.lease_until > now(), false) as leased,
  c.failures, c.next_attempt_at as "nextAttemptAt", c.set_aside_at as "setAsideAt"`;
