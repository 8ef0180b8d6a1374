import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Secret } from '@gatehouse/kernel/secret';
import { migrate, type MigrationTarget } from '@gatehouse/persistence/migrate';
import { schemaOf } from '@gatehouse/persistence/schema-of';
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

export interface TestDatabaseOptions {
  /** Only the migrations whose names come before this one: the database of an earlier release. */
  readonly before?: string;
  /** No migration at all: somebody else applies them. */
  readonly isEmpty?: boolean | undefined;
  /** The URL of a superuser of the server; default: the run's Postgres. */
  readonly server?: string | undefined;
}

/** A fresh database, migrated for one service. */
export async function startTestDatabase(
  owner: DatabaseOwner,
  { before, isEmpty = false, server = process.env['GATEHOUSE_TEST_POSTGRES'] }: TestDatabaseOptions = {},
): Promise<TestDatabase> {
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
  const folder = migrationsOf(owner);
  if (before === undefined && !isEmpty) await migrate({ url, schema, folder });
  else if (before !== undefined) await migrateUntil({ url, schema, folder }, before);
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

export const migrationsOf = (owner: DatabaseOwner): string => join(MIGRATIONS, owner, 'migrations');

async function migrateUntil(target: MigrationTarget, before: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-migrations-'));
  try {
    for (const name of (await readdir(target.folder)).filter((one) => one < before))
      await cp(join(target.folder, name), join(folder, name), { recursive: true });
    await migrate({ ...target, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Gives the vault's tables an owner of their own, as an installation can. @returns the owner's connection URL. */
export async function giveVaultOwner({ adminUrl }: TestDatabase): Promise<Secret> {
  const script = await readFile(join(MIGRATIONS, '../infra/postgres/token-vault-owner.sql'), 'utf8');
  const server = process.env['GATEHOUSE_TEST_POSTGRES'] ?? '';
  // Roles belong to the whole server, so two databases must not do this at the same time.
  await asAdmin(server, async (lock) => {
    await lock.query('select pg_advisory_lock(2)');
    await asAdmin(adminUrl.reveal(), async (admin) => {
      await admin.query(script.replaceAll(`:'token_vault_owner_password'`, `'${ROLE_PASSWORD}'`));
    });
  });
  const url = new URL(adminUrl.reveal());
  url.username = 'token_vault_owner';
  url.password = ROLE_PASSWORD;
  return new Secret(url.href);
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
