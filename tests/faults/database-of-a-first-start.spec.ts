import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { migrate, MIGRATION_LOCK } from '@gatehouse/persistence/migrate';
import { limitsWithin } from '@gatehouse/persistence/limited-pool';
import { databaseReadiness } from '@gatehouse/persistence/reachable';
import { migrationsOf, startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { afterEach, expect, test } from '@jest/globals';
import pg from 'pg';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

/** Before its first migration. */
async function emptyDatabase(): Promise<TestDatabase> {
  const database = await startTestDatabase('token-vault', { before: '0' });
  open.push(database);
  return database;
}

/** As a service asks, with more patience than it has: a busy machine is no news here. */
const checkOf = ({ url }: TestDatabase): (() => Promise<string | undefined>) =>
  databaseReadiness('token-vault', () => url, limitsWithin(4 * MINUTE_MS));

const migrated = ({ url, schema }: TestDatabase): Promise<unknown> =>
  migrate({ url, schema, folder: migrationsOf('token-vault') });

/** Somebody in the middle of migrations. */
async function migrating({ url }: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url.reveal() });
  await client.connect();
  open.push({ close: () => client.end() });
  await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
  return client;
}

test('a database without tables says which command makes them, and is ready when it has run', async () => {
  const database = await emptyDatabase();
  const check = checkOf(database);
  expect(await check()).toMatch(
    /^The database at \S+ has no tables of token-vault yet: `gatehouse migrate` makes them\.$/,
  );
  await migrated(database);
  expect(await check()).toBeUndefined();
});

test('a service that had to wait does not start in the middle of the first migrations', async () => {
  const database = await emptyDatabase();
  const check = checkOf(database);
  expect(await check()).toContain('has no tables');
  await migrated(database);
  const client = await migrating(database);
  expect(await check()).toMatch(/is being migrated\.$/);
  await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
  expect(await check()).toBeUndefined();
});

test('migrations of a later release, or of another database, keep no service from starting again', async () => {
  const [database, other] = await Promise.all([emptyDatabase(), emptyDatabase()]);
  await migrating(other);
  const check = checkOf(database);
  expect(await check()).toContain('has no tables');
  await migrated(database);
  expect(await check()).toBeUndefined();
  await migrating(database);
  expect(await checkOf(database)()).toBeUndefined();
});

test('a service without a database waits for none', async () => {
  expect(await databaseReadiness('authorization-server', () => undefined)()).toBeUndefined();
});
