import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Secret } from '@gatehouse/kernel/secret';
import { migrate } from '@gatehouse/persistence/migrate';
import pg from 'pg';

export type DatabaseOwner = 'authorization-server' | 'token-vault';

export interface TestDatabase {
  /** Of the service's own role, which owns its schema and nothing else. */
  readonly url: Secret;
  readonly schema: string;
  /** Of the superuser, for tests that look into the tables or break them. */
  readonly adminUrl: Secret;
  close(): Promise<void>;
}

const ROLE_PASSWORD = 'test';
const MIGRATIONS = join(dirname(fileURLToPath(import.meta.url)), '../../../prisma');

export const schemaOf = (owner: DatabaseOwner): string => owner.replaceAll('-', '_');

/** A fresh database in the run's Postgres, migrated for one service. */
export async function startTestDatabase(owner: DatabaseOwner): Promise<TestDatabase> {
  const server = process.env['GATEHOUSE_TEST_POSTGRES'];
  if (server === undefined)
    throw new Error('no Postgres: run the tests with the repository jest configuration');
  const schema = schemaOf(owner);
  const database = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, async (admin) => {
    await admin.query(`do $$ begin
      perform pg_advisory_xact_lock(1);
      if not exists (select from pg_roles where rolname = '${schema}') then create role ${schema} login password '${ROLE_PASSWORD}'; end if;
    end $$`);
    await admin.query(`create database ${database}`);
  });
  const adminUrl = at(server, database);
  await asAdmin(adminUrl, async (admin) => {
    await admin.query(`create schema ${schema} authorization ${schema}`);
  });
  const url = new Secret(at(server, database, schema, ROLE_PASSWORD));
  await migrate({ url, schema, folder: join(MIGRATIONS, owner, 'migrations') });
  return {
    url,
    schema,
    adminUrl: new Secret(adminUrl),
    close: () =>
      asAdmin(server, async (admin) => {
        await admin.query(`drop database if exists ${database} with (force)`);
      }),
  };
}

async function asAdmin(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function at(server: string, database: string, user?: string, password?: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = password;
  return url.href;
}
