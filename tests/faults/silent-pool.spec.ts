import { Secret } from '@gatehouse/kernel/secret';
import { BreakableLink } from '@gatehouse/testing/breakable-link';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { printFigure } from '@gatehouse/testing/figures';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Database } from '@gatehouse/persistence/database';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';

let database: TestDatabase;
let link: BreakableLink;
let rows: Database;
let url: Secret;

beforeAll(async () => {
  database = await startTestDatabase('token-vault');
  const linked = await BreakableLink.toDatabase(database.url.reveal());
  ({ link } = linked);
  url = new Secret(linked.url);
  rows = new Database({ url, schema: database.schema, applicationName: 'spec' }, new KeptLog());
});
afterAll(async () => {
  await rows.onApplicationShutdown();
  await link.close();
  await database.close();
});

const MAX_CONNECTIONS = 10;

/** All connections of the pool are open and idle. */
const warmedUp = () =>
  Promise.all(
    Array.from({ length: MAX_CONNECTIONS }, () => rows.query({ name: 'slow', text: 'select pg_sleep(0.1)' })),
  );
const ask = () => rows.query<{ one: number }>({ name: 'ask', text: 'select 1 as one' });
const codeOf = async (asked: Promise<unknown>) =>
  await asked.then(
    () => 'answered',
    (error: unknown) => GatehouseError.from(error).code,
  );

test('a database that is gone without a word fails one question, not one for each connection of the pool', async () => {
  await warmedUp();
  link.freeze();
  expect(await codeOf(ask())).toBe('unavailable');
  // New connections to the address work again; the old ones stay dead.
  link.heal();
  const begunMs = performance.now();
  expect(await codeOf(ask())).toBe('answered');
  printFigure(
    `database gone without a word, ${MAX_CONNECTIONS} connections in the pool: the first question after it works again was answered after ${Math.round(performance.now() - begunMs)} ms`,
  );
  await warmedUp();
});

test('connections that were in use while it went silent are not used again either', async () => {
  const inUse = rows.transaction(async (tx) => {
    await tx.query({ name: 'first', text: 'select 1' });
    link.freeze();
    // Another connection fails first, so that the pool suspects this one when it is released.
    expect(await codeOf(ask())).toBe('unavailable');
    link.heal();
    await tx.query({ name: 'second', text: 'select 2' });
  });
  expect(await codeOf(inUse)).toBe('unavailable');
  expect(await codeOf(ask())).toBe('answered');
});

test('a start does not hang on a database that accepts and says nothing', async () => {
  link.freeze();
  await expect(databaseUnreachable(url)).resolves.toMatch(/does not answer in time/);
  link.heal();
});

test('connections to a primary that has become a standby are left after one refusal', async () => {
  const readOnly = async (value: 'on' | 'off') => {
    const client = new pg.Client({
      connectionString: database.adminUrl.reveal(),
      options: '-c default_transaction_read_only=off',
    });
    await client.connect();
    const { pathname } = new URL(database.adminUrl.reveal());
    await client.query(`alter database ${pathname.slice(1)} set default_transaction_read_only = ${value}`);
    await client.end();
  };
  await readOnly('on');
  const standby = new Database(
    { url: database.url, schema: database.schema, applicationName: 'spec' },
    new KeptLog(),
  );
  const write = () => standby.query({ name: 'write', text: 'create table if not exists written (one int)' });
  await Promise.all(
    Array.from({ length: MAX_CONNECTIONS }, () =>
      standby.query({ name: 'slow', text: 'select pg_sleep(0.1)' }),
    ),
  );
  // From now on the address leads to the new primary; open connections stay at the old one.
  await readOnly('off');
  expect(await codeOf(write())).toBe('unavailable');
  expect(await codeOf(write())).toBe('answered');
  await standby.onApplicationShutdown();
});
