import { Injectable } from '@nestjs/common';
import type { CustodyEntry } from '@gatehouse/persistence/custody-log/custody-entry';
import { Database } from '@gatehouse/persistence/database';

@Injectable()
export class CustodyLogStore {
  constructor(private readonly database: Database) {}

  /** Inserts all entries with one statement. They are committed when this resolves. */
  async append(entries: readonly CustodyEntry[]): Promise<void> {
    const column = (pick: (entry: CustodyEntry) => unknown) => entries.map(pick);
    await this.database.query({
      name: 'custody-append',
      text: `insert into custody_log (replica_id, sequence, at, kind, tsid, account_id, backend, provider, connection_id,
               fingerprint, key_id, previous_hash, hash)
             select * from unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::text[],
               $9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[])`,
      values: [
        column(({ replicaId }) => replicaId),
        column(({ sequence }) => sequence),
        column(({ at }) => at),
        column(({ kind }) => kind),
        column(({ tsid }) => tsid),
        column(({ accountId }) => accountId),
        column(({ backend }) => backend),
        column(({ provider }) => provider),
        column(({ connectionId }) => connectionId),
        column(({ fingerprint }) => fingerprint),
        column(({ keyId }) => keyId),
        column(({ previousHash }) => previousHash),
        column(({ hash }) => hash),
      ],
    });
  }

  /** Creates the missing partitions of the coming days. @returns how many. */
  async makePartitions(days: number): Promise<number> {
    const { rows } = await this.database.query<{ made: number }>({
      name: 'custody-make-partitions',
      text: 'select custody_make_partitions($1) as made',
      values: [days],
    });
    return rows[0]?.made ?? 0;
  }

  /** Whether there are rows whose day had no partition. They count like all others. */
  async unplaced(): Promise<boolean> {
    const { rows } = await this.database.query<{ unplaced: boolean }>({
      name: 'custody-unplaced',
      text: 'select custody_unplaced() as unplaced',
    });
    return rows[0]?.unplaced ?? false;
  }
}
