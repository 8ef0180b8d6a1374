import { Injectable } from '@nestjs/common';
import { Database } from '@gatehouse/persistence/database';
import { PrismaDatabase } from '../prisma-database.js';
import type { CustodyEntry } from './custody-entry.js';

const PAGE = 1_000;

@Injectable()
export class CustodyLogStore {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaDatabase,
  ) {}

  /** One statement for all that is waiting: it is committed when this resolves. */
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

  /** The last entry of a chain. */
  async last(replicaId: string): Promise<CustodyEntry | null> {
    return await this.prisma.client.custodyEntry.findFirst({
      where: { replicaId },
      orderBy: { sequence: 'desc' },
    });
  }

  async replicas(): Promise<readonly string[]> {
    const rows = await this.prisma.client.custodyEntry.findMany({
      distinct: ['replicaId'],
      select: { replicaId: true },
    });
    return rows.map(({ replicaId }) => replicaId);
  }

  /** A chain in order, a page at a time. */
  async *chain(replicaId: string): AsyncGenerator<CustodyEntry> {
    for (let after = 0; ;) {
      const page = await this.prisma.client.custodyEntry.findMany({
        where: { replicaId, sequence: { gt: after } },
        orderBy: { sequence: 'asc' },
        take: PAGE,
      });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = last.sequence;
    }
  }
}
