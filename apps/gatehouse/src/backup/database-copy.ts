import { Transform, type Readable, type Writable } from 'node:stream';
import { isOutage } from '@gatehouse/kernel/outage';
import type { Secret } from '@gatehouse/kernel/secret';
import { migrateWithin, readMigrations } from '@gatehouse/persistence/migrate';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { Cannot } from '../cannot.js';
import { countedByKey, SEALED_BY, type CountOfKey } from '../sealed-values.js';
import { migrationsOf } from '../paths.js';
import { reasonOf } from '../reason.js';
import type { BackedUp, BackupDatabase, BackupTable } from './manifest.js';

const BOOKKEEPING = '_prisma_migrations';
const CONNECT_TIMEOUT_MS = 10_000;
/** A table or a column that is not there. */
const OF_ANOTHER_RELEASE: ReadonlySet<string | undefined> = new Set(['42P01', '42703']);

export interface CopiedTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/** A connection of a service's owner, for a copy of everything that the service keeps. */
export class DatabaseCopy {
  private constructor(
    readonly service: BackedUp,
    private readonly client: pg.Client,
  ) {}

  /** @throws {Cannot} when the database does not answer. */
  static async use<Value>(
    service: BackedUp,
    url: Secret,
    work: (copy: DatabaseCopy) => Promise<Value>,
  ): Promise<Value> {
    const client = new pg.Client({
      connectionString: url.reveal(),
      // A transaction waits while the other database is copied.
      options: `-c search_path=${schemaOf(service)} -c idle_in_transaction_session_timeout=0`,
      application_name: 'gatehouse-copy',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    // A connection that breaks is reported by the query that needs it.
    client.on('error', () => undefined);
    try {
      await client.connect().catch(async (error: unknown) => {
        throw new Cannot((await databaseUnreachable(url)) ?? reasonOf(error), 'tryAgain');
      });
      return await work(new DatabaseCopy(service, client));
    } catch (error) {
      throw told(service, error);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Work with this database alone: what it refuses is told of it, and of no other one that is open beside it. */
  async during<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      throw told(this.service, error);
    }
  }

  /** From here on everything is read as it was at one moment. @param of another copy of the same database, to share its moment. */
  async beginSnapshot(of: string | undefined): Promise<string> {
    await this.client.query('begin isolation level repeatable read read only');
    if (of !== undefined) await this.client.query(`set transaction snapshot ${pg.escapeLiteral(of)}`);
    const { rows } = await this.client.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot');
    return rows[0]?.snapshot ?? '';
  }

  async begin(): Promise<void> {
    await this.client.query('begin');
  }

  async commit(): Promise<void> {
    await this.client.query('commit');
  }

  async rollback(): Promise<void> {
    await this.client.query('rollback').catch(() => undefined);
  }

  async serverVersion(): Promise<string> {
    const { rows } = await this.client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version ?? '';
  }

  /** Of the database that the URL names, whoever connects. */
  async migrations(): Promise<readonly { name: string; checksum: string }[]> {
    const { rows: there } = await this.client.query<{ there: boolean }>(
      'select to_regclass($1) is not null as there',
      [`${schemaOf(this.service)}.${BOOKKEEPING}`],
    );
    if (there[0]?.there !== true) return [];
    const { rows } = await this.client.query<{ name: string; checksum: string }>(
      `select migration_name as name, checksum from "${BOOKKEEPING}" where rolled_back_at is null order by migration_name`,
    );
    return rows;
  }

  /** Every table, those first that others refer to. Partitions are in what they are part of. */
  async tables(): Promise<readonly CopiedTable[]> {
    const { rows } = await this.client.query<{ name: string; columns: string[]; needs: string[] }>(
      `select c.relname::text as name,
         array(select a.attname::text from pg_attribute a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
               order by a.attnum) as columns,
         array(select distinct f.relname::text from pg_constraint k join pg_class f on f.oid = k.confrelid
               where k.conrelid = c.oid and k.contype = 'f' and f.oid <> c.oid) as needs
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> $2
       order by c.relname`,
      [schemaOf(this.service), BOOKKEEPING],
    );
    return inOrder(rows);
  }

  /** Whether a table has a row. */
  async isEmpty(): Promise<boolean> {
    for (const { name } of await this.tables()) {
      const { rowCount } = await this.client.query(`select from ${pg.escapeIdentifier(name)} limit 1`);
      if (rowCount !== 0) return false;
    }
    return true;
  }

  /** Ids of the keys that seal what is there. */
  async sealingKeys(): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    for (const values of SEALED_BY[this.service])
      for (const { id } of await this.rowsIfThere<CountOfKey>(countedByKey([values]))) ids.add(id);
    return ids;
  }

  /** What a query finds; nothing where its table or a column of it is not there, as in another release. Outside of a transaction. */
  async rowsIfThere<Row extends object>(text: string): Promise<readonly Row[]> {
    try {
      return (await this.client.query<Row>(text)).rows;
    } catch (error) {
      if (error instanceof pg.DatabaseError && OF_ANOTHER_RELEASE.has(error.code)) return [];
      throw error;
    }
  }

  /** Services that are connected now. */
  async connectedServices(): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ name: string }>(
      `select distinct application_name as name from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()
         and application_name in ('gatehouse-authorization-server', 'gatehouse-authorization-server-rows',
                                  'gatehouse-token-vault', 'token-vault-reads') order by 1`,
    );
    return rows.map(({ name }) => name);
  }

  /** The rows of a table as Postgres writes them. */
  rowsOf({ name, columns }: CopiedTable): Readable {
    return this.client.query(
      copyTo(`copy (select ${listed(columns)} from ${pg.escapeIdentifier(name)}) to stdout`),
    );
  }

  /** Takes away everything in the schema, and makes the tables of these migrations. In the transaction that is open. */
  async makeAnew(migrations: BackupDatabase['migrations']): Promise<void> {
    const wanted = new Set(migrations.map(({ name }) => name));
    const known = await readMigrations(migrationsOf(this.service));
    await this.client.query(
      `do $$
       declare one record;
       begin
         for one in select c.oid::regclass as what from pg_class c
           where c.relnamespace = current_schema()::regnamespace and c.relkind = 'v' loop
           execute format('drop view %s cascade', one.what);
         end loop;
         for one in select c.oid::regclass as what from pg_class c
           where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
             and not c.relispartition and c.relname <> '${BOOKKEEPING}' loop
           execute format('drop table %s cascade', one.what);
         end loop;
         for one in select p.oid::regprocedure as what from pg_proc p
           where p.pronamespace = current_schema()::regnamespace loop
           execute format('drop function %s cascade', one.what);
         end loop;
         if to_regclass(format('%I.%I', current_schema(), '${BOOKKEEPING}')) is not null then
           delete from "${BOOKKEEPING}";
         end if;
       end $$`,
    );
    await migrateWithin(
      this.client,
      known.filter(({ name }) => wanted.has(name)),
    );
  }

  /** Where the rows of a table go; how many there were is known when the stream has ended. */
  into({ name, columns }: BackupTable): { readonly stream: Writable; readonly rows: () => number } {
    const query = copyFrom(`copy ${pg.escapeIdentifier(name)} (${listed(columns)}) from stdin`);
    return { stream: this.client.query(query), rows: () => query.rowCount };
  }

  /** Gives entries of the custody log the partitions of their days. */
  async settleCustodyLog(): Promise<void> {
    const { rows } = await this.client.query<{ there: boolean }>(
      `select to_regprocedure('custody_settle()') is not null as there`,
    );
    if (rows[0]?.there === true) await this.client.query('select custody_settle()');
  }
}

/** What somebody can do about an error of a database, where it is one. */
function told(service: BackedUp, error: unknown): unknown {
  if (error instanceof Cannot) return error;
  if (error instanceof pg.DatabaseError && !isOutage(error))
    return new Cannot(
      `The database of ${service} refused: ${error.message}. Nothing was changed. Name the role that owns its tables, as \`gatehouse migrate\` uses it.`,
    );
  if (!isOutage(error)) return error;
  return new Cannot(
    `The database of ${service} went away: ${reasonOf(error)}. Nothing was changed; run it again.`,
    'tryAgain',
  );
}

const listed = (columns: readonly string[]): string =>
  columns.map((column) => pg.escapeIdentifier(column)).join(', ');

function inOrder(
  tables: readonly (CopiedTable & { readonly needs: readonly string[] })[],
): readonly CopiedTable[] {
  const placed: CopiedTable[] = [];
  let waiting = [...tables];
  while (waiting.length > 0) {
    const left = new Set(waiting.map(({ name }) => name));
    const next = waiting.filter(({ needs }) => !needs.some((needed) => left.has(needed)));
    if (next.length === 0) throw new Error('tables that refer to each other in a circle');
    placed.push(...next.map(({ name, columns }) => ({ name, columns })));
    waiting = waiting.filter((table) => !next.includes(table));
  }
  return placed;
}

/** Passes on what comes, and counts lines: a row each, in what `copy` writes. */
export function countingLines(): { readonly stream: Transform; readonly lines: () => number } {
  let lines = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
      done(null, chunk);
    },
  });
  return { stream, lines: () => lines };
}
