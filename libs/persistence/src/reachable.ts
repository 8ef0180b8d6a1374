import type { Secret } from '@gatehouse/kernel/secret';
import type { Service } from '@gatehouse/kernel/services';
import pg from 'pg';
import { CONNECTION_LIMITS, type ConnectionLimits } from './limited-pool.js';
import { MIGRATION_LOCK } from './migrate.js';
import { schemaOf } from './schema-of.js';

/** @returns why the database cannot be used, naming host and database but never user or password; `undefined` when it answers. */
export async function databaseUnreachable(
  url: Secret,
  limits: ConnectionLimits = CONNECTION_LIMITS,
): Promise<string | undefined> {
  return await troubleOf(url, limits, async (client) => {
    await client.query('select 1');
    return undefined;
  });
}

/** Whether the service has tables, and whether somebody applies migrations, as pg_locks shows a lock of one number. */
const TABLES_AND_MIGRATIONS = `select
  exists (select from pg_catalog.pg_tables where schemaname = $1 and tablename <> '_prisma_migrations') as tables,
  exists (
    select from pg_catalog.pg_locks held join pg_catalog.pg_database on pg_database.oid = held.database
    where datname = current_database() and locktype = 'advisory' and classid = 0 and objid = $2 and granted
  ) as migrating`;

/**
 * The same for a service that is about to start, asked again and again: before the first migration its database has no tables. Who had
 * to wait for it also waits for the migrations that run then, for they have just begun; in the middle of later ones a service can start.
 * @param urlOf `undefined`: it has no database. What it throws is thrown on
 */
export function databaseReadiness(
  service: Service,
  urlOf: () => Secret | undefined,
  limits: ConnectionLimits = CONNECTION_LIMITS,
): () => Promise<string | undefined> {
  let hasWaited = false;
  return async () => {
    const url = urlOf();
    if (url === undefined) return undefined;
    const trouble = await troubleOf(url, limits, async (client) => {
      const { rows } = await client.query<{ tables: boolean; migrating: boolean }>(TABLES_AND_MIGRATIONS, [
        schemaOf(service),
        MIGRATION_LOCK,
      ]);
      const [found] = rows;
      if (found?.tables !== true) return `has no tables of ${service} yet: \`gatehouse migrate\` makes them`;
      return hasWaited && found.migrating ? 'is being migrated' : undefined;
    });
    hasWaited ||= trouble !== undefined;
    return trouble;
  };
}

async function troubleOf(
  url: Secret,
  limits: ConnectionLimits,
  ask: (client: pg.Client) => Promise<string | undefined>,
): Promise<string | undefined> {
  const { hostname, port, pathname } = new URL(url.reveal());
  const client = new pg.Client({ connectionString: url.reveal(), ...limits });
  // A connection that breaks while it is being closed is of no interest.
  client.on('error', () => undefined);
  const trouble = (what: string): string =>
    `The database at ${hostname}:${port || '5432'}${pathname} ${what}.`;
  try {
    await client.connect();
    const found = await ask(client);
    return found === undefined ? undefined : trouble(found);
  } catch (error) {
    return trouble(`cannot be used: ${reasonOf(error)}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** System codes and SQLSTATEs are safe to print; messages can quote what they were given. */
function reasonOf(error: unknown): string {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  const code = isCoded && typeof error.code === 'string' ? error.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (ECONNREFUSED)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name does not resolve (${code})`;
    case '28P01':
    case '28000':
      return `user or password are refused (${code})`;
    case '3D000':
      return 'there is no such database (3D000)';
    case '42501':
      return 'the user may not connect to it (42501)';
    default:
      return code === undefined ? 'it does not answer in time' : `error ${code}`;
  }
}
