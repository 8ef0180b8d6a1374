import type { CustodyEntry } from '@gatehouse/persistence/custody-log/custody-entry';
import { ENTRY_COLUMNS } from '@gatehouse/persistence/custody-log/custody-entry';
import type { Queries } from '@gatehouse/persistence/database';

/** Where an entry of the custody log is. */
export interface EntryPlace {
  readonly replicaId: string;
  readonly sequence: number;
}

/** When a token that is kept was issued, and until when it is good. The token itself is sealed, and is not read. */
export interface KeptExchange {
  readonly backend: string;
  readonly accountId: string;
  readonly tsid: string | null;
  readonly connectionId: string | null;
  readonly version: number;
  readonly obtainedAt: Date;
  readonly expiresAt: Date;
}

/** `<chain>:<number>`, as an audit line has it; `undefined`: it is none. */
export function entryPlace(text: unknown): EntryPlace | undefined {
  const [, replicaId, sequence] =
    /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([1-9]\d{0,9})$/.exec(String(text)) ?? [];
  return replicaId === undefined ? undefined : { replicaId, sequence: Number(sequence) };
}

export const entryKey = ({ replicaId, sequence }: EntryPlace): string => `${replicaId}:${sequence}`;

/** Those of the entries that the database has. */
export async function entriesAt(
  database: Queries,
  places: readonly EntryPlace[],
): Promise<readonly CustodyEntry[]> {
  const { rows } = await database.query<CustodyEntry>({
    name: 'explain-entries',
    text: `select ${ENTRY_COLUMNS} from custody_log
           where (replica_id, sequence) in (select * from unnest($1::uuid[], $2::bigint[]))`,
    values: [places.map(({ replicaId }) => replicaId), places.map(({ sequence }) => sequence)],
  });
  return rows;
}

/** Tokens that are kept for these backends and accounts, or for the gateway itself there. */
export async function exchangesFor(
  database: Queries,
  entries: readonly CustodyEntry[],
): Promise<readonly KeptExchange[]> {
  if (entries.length === 0) return [];
  const { rows } = await database.query<KeptExchange>({
    name: 'explain-exchanges',
    text: `select backend, account_id as "accountId", tsid, connection_id as "connectionId", version,
             obtained_at as "obtainedAt", expires_at as "expiresAt"
           from exchanged_tokens
           where obtained_at is not null and expires_at is not null and backend = any($1)
             and (account_id = any($2::uuid[]) or (tsid is null and connection_id is null))
           order by obtained_at`,
    values: [
      [...new Set(entries.map(({ backend }) => backend))],
      [...new Set(entries.map(({ accountId }) => accountId))],
    ],
  });
  return rows;
}
