import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { Rows } from './rows.store.js';

let database: TestDatabase;
let rows: Rows;

beforeAll(async () => {
  database = await startTestDatabase('authorization-server');
  rows = new Rows({ databaseUrl: database.url }, new SilentLog());
});

afterAll(async () => {
  await rows.onApplicationShutdown();
  await database.close();
});

test('the migrated database has every table and column of the Prisma models', async () => {
  await expect(
    Promise.all([
      rows.account.findFirst(),
      rows.identity.findFirst(),
      rows.approval.findFirst(),
      rows.session.findFirst(),
    ]),
  ).resolves.toEqual([null, null, null, null]);
});
