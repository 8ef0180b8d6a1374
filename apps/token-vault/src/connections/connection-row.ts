import type { ConnectionState } from '@gatehouse/contracts/token-vault/connection-list';
import type { AccountId, ConnectionId } from '@gatehouse/kernel/ids';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { Connection as Model } from '../generated/client.js';

const FIELDS = [
  'id',
  'accountId',
  'provider',
  'subject',
  'state',
  /** Grows with every published token set. */
  'version',
  /** Sealed `TokenSet`. */
  'tokens',
  'accessObtainedAt',
  /** Null: the provider gave none. The token is used until a backend refuses it. */
  'accessExpiresAt',
  /** Set while the outcome of the last redemption is unknown. */
  'refreshStartedAt',
  /** Sealed `TokenAnswer` that was kept and is not validated yet. */
  'answer',
  'failures',
  /** Refusals of the refresh token in a row, without a name that says why (docs/adr/0020). */
  'refusals',
  'nextAttemptAt',
  /** When the row was found not to open. It is kept: with its key it opens again. */
  'setAsideAt',
] as const satisfies readonly (keyof Model)[];

interface Known {
  readonly id: ConnectionId;
  readonly accountId: AccountId;
  readonly state: ConnectionState;
}

/** One account at one provider, as stored. */
export interface ConnectionRow extends RowOf<Model, (typeof FIELDS)[number], Known> {
  /** Since the last refresh, by Postgres' clock; null when there was none. */
  readonly sinceRefreshedMs: number | null;
  /** Since the last sign-in, by Postgres' clock. */
  readonly sinceConnectedMs: number;
  /** The last sign-in. It tells the grants of one connection apart. */
  readonly connectedAtMs: number;
  /** Since the refresh started, by Postgres' clock; 0 when none did. */
  readonly sinceStartedMs: number;
  readonly leased: boolean;
}

/** The columns of a {@link ConnectionRow}, for a table or alias called `c`. */
export const CONNECTION_COLUMNS = `${columnsOf(FIELDS, 'c')}, coalesce(c.lease_until > now(), false) as leased,
  (extract(epoch from now() - c.refreshed_at) * 1000)::float8 as "sinceRefreshedMs",
  (extract(epoch from now() - c.connected_at) * 1000)::float8 as "sinceConnectedMs",
  floor(extract(epoch from c.connected_at) * 1000)::float8 as "connectedAtMs",
  coalesce(extract(epoch from now() - c.refresh_started_at) * 1000, 0)::float8 as "sinceStartedMs"`;
