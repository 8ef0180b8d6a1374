import type { Queries } from '../database.js';
import { ChainWalk, type ChainFinding, type ChainHead, type ChainHeads } from './chain-walk.js';
import { ENTRY_COLUMNS, type CustodyEntry } from './custody-entry.js';
import type { CustodyKeyring } from './custody-key.js';

const PAGE = 5_000;
const BEFORE_ALL = { replicaId: '00000000-0000-0000-0000-000000000000', sequence: 0 };

/**
 * The entries of the log, or of one partition of it: chain after chain, each in order, a page at a time.
 * @param table `custody_log`, or the name of one of its partitions as the database gave it
 */
export async function* storedEntries(database: Queries, table = 'custody_log'): AsyncGenerator<CustodyEntry> {
  if (!/^[a-z0-9_]+$/.test(table)) throw new Error('not a name of a partition');
  for (let after = BEFORE_ALL; ;) {
    const { rows } = await database.query<CustodyEntry>({
      name: `page-${table}`,
      text: `select ${ENTRY_COLUMNS} from "${table}" where (replica_id, sequence) > ($1::uuid, $2::int)
        order by replica_id, sequence limit ${PAGE}`,
      values: [after.replicaId, after.sequence],
    });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last;
  }
}

/** How far a chain is known to have reached, from the log lines of the vault (`custody-log-head`). */
export interface KnownHead extends Pick<ChainHead, 'sequence'> {
  readonly replicaId: string;
}

export interface CustodyReport {
  readonly entries: number;
  readonly chains: number;
  readonly findings: readonly ChainFinding[];
}

/** Verifies what the database has. @param anchors where chains go on whose beginning was archived. */
export async function verifyStored(
  database: Queries,
  keys: CustodyKeyring,
  { anchors = new Map(), known = [] }: { anchors?: ChainHeads; known?: readonly KnownHead[] } = {},
): Promise<CustodyReport> {
  const walk = new ChainWalk(keys, anchors);
  const chains = new Set(known.map(({ replicaId }) => replicaId));
  for await (const entry of storedEntries(database)) {
    chains.add(entry.replicaId);
    walk.take(entry);
  }
  walk.expect(known);
  return { entries: walk.entries, chains: chains.size, findings: walk.findings };
}
