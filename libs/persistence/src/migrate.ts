import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '@gatehouse/kernel/secret';
import pg from 'pg';
import { CONNECTION_LIMITS } from './limited-pool.js';

/** The advisory lock that the Prisma CLI takes for migrations, so that both never run at once. */
export const MIGRATION_LOCK = 72_707_369;

/** The bookkeeping table of the Prisma CLI, so that `prisma migrate status` agrees. */
const BOOKKEEPING = `create table if not exists "_prisma_migrations" (
  id varchar(36) primary key,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

export interface MigrationTarget {
  readonly url: Secret;
  readonly schema: string;
  /** A folder with `<name>/migration.sql` in it, applied in the order of the names. */
  readonly folder: string;
}

/**
 * Applies what is not applied yet, each migration in its own transaction; several callers at once wait for each other.
 * @returns the names applied now.
 * @throws when a migration fails, or one that was applied has been edited since.
 */
export async function migrate({ url, schema, folder }: MigrationTarget): Promise<readonly string[]> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    ...CONNECTION_LIMITS,
    // A migration takes as long as it takes, and so does waiting for another that runs.
    statement_timeout: 0,
    query_timeout: 0,
    options: `-c search_path=${schema}`,
    application_name: 'gatehouse-migrate',
  });
  // A connection that breaks is reported by the query that needs it; unheard, the event would end this process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(BOOKKEEPING);
    const { rows } = await client.query<{ migration_name: string; checksum: string }>(
      'select migration_name, checksum from "_prisma_migrations" where rolled_back_at is null',
    );
    const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]));
    const now: string[] = [];
    for (const { name, sql, checksum } of await readMigrations(folder)) {
      const before = applied.get(name);
      if (before === undefined) {
        await apply(client, name, sql, checksum);
        now.push(name);
      } else if (before !== checksum) {
        throw new Error(`migration ${name} was edited after it had been applied`);
      }
    }
    return now;
  } finally {
    await client.end();
  }
}

/** The migrations of a folder, in the order in which they are applied. */
export async function readMigrations(
  folder: string,
): Promise<readonly { name: string; sql: string; checksum: string }[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return await Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** Applies migrations in the transaction that is open, to a schema without tables. */
export async function migrateWithin(
  client: pg.Client,
  migrations: readonly { name: string; sql: string; checksum: string }[],
): Promise<void> {
  await client.query(BOOKKEEPING);
  for (const { name, sql, checksum } of migrations) await run(client, name, sql, checksum);
}

async function run(client: pg.Client, name: string, sql: string, checksum: string): Promise<void> {
  await client.query(sql);
  await client.query(
    'insert into "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count) values ($1, $2, $3, now(), 1)',
    [randomUUID(), checksum, name],
  );
}

async function apply(client: pg.Client, name: string, sql: string, checksum: string): Promise<void> {
  await client.query('begin');
  try {
    await run(client, name, sql, checksum);
    await client.query('commit');
  } catch (cause) {
    // Of a connection that broke the server rolls back by itself.
    await client.query('rollback').catch(() => undefined);
    throw new Error(`migration ${name} failed: ${cause instanceof Error ? cause.message : 'unknown'}`, {
      cause,
    });
  }
}
