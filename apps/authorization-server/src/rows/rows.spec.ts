import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Secret } from '@gatehouse/kernel/secret';
import { BreakableLink } from '@gatehouse/testing/breakable-link';
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

test('a database that goes silent under the Prisma client is an outage, for one question', async () => {
  const { link, url } = await BreakableLink.toDatabase(database.url.reveal());
  const far = new Rows({ databaseUrl: new Secret(url) }, new SilentLog());
  await Promise.all(Array.from({ length: 4 }, () => far.account.count()));
  link.freeze();
  const failure = await far.account.count().catch((error: unknown) => GatehouseError.from(error));
  link.heal();
  expect(failure).toMatchObject({ code: 'unavailable' });
  await expect(far.account.count()).resolves.toBe(0);
  link.cut();
  const refused = await far.account.count().catch((error: unknown) => GatehouseError.from(error));
  expect(refused).toMatchObject({ code: 'unavailable' });
  await far.onApplicationShutdown();
  await link.close();
});
