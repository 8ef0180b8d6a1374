import { randomBytes, randomUUID } from 'node:crypto';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { Metrics } from '@gatehouse/observability/metrics';
import { CustodyKey, CustodyKeyring } from '@gatehouse/persistence/custody-log/custody-key';
import { verifyStored } from '@gatehouse/persistence/custody-log/stored-log';
import { Database } from '@gatehouse/persistence/database';
import { migrate } from '@gatehouse/persistence/migrate';
import { TableSizes } from '@gatehouse/persistence/table-sizes';
import { chainAt, insertEntries } from '@gatehouse/testing/custody-rows';
import {
  giveVaultOwner,
  migrationsOf,
  startTestDatabase,
  type TestDatabase,
} from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SCHEMA } from '../rows/rows.store.js';
import { CustodyLog } from './custody-log.flow.js';
import { CustodyLogStore } from './custody-log.store.js';
import { CustodyPartitions } from './custody-partitions.job.js';

const KEY = randomBytes(32).toString('base64url');
const key = new CustodyKey('test', KEY);
const ring = new CustodyKeyring([{ id: 'test', key: { reveal: () => KEY } }]);

let database: TestDatabase;
let rows: Database;

const open = (from: TestDatabase) =>
  new Database({ url: from.url, schema: SCHEMA, applicationName: 'test' }, new SilentLog());

afterEach(async () => {
  await rows.onApplicationShutdown();
  await database.close();
});

const partitions = async () =>
  (
    await rows.query<{ name: string }>({
      name: 'partitions',
      text: 'select name from custody_partitions order by to_at',
    })
  ).rows.map(({ name }) => name);

const partitionsInUse = async () =>
  (
    await rows.query<{ name: string; count: number }>({
      name: 'in-use',
      text: 'select tableoid::regclass::text as name, count(*)::int as count from custody_log group by 1 order by 1',
    })
  ).rows;

describe('a custody log of the release before, filled,', () => {
  const PARTITIONED = '20261126';
  const LATE = '20261126000100';
  const DAYS_AGO = [40, 40, 3, 1, 0];

  test.each([
    ['with its own role', false],
    ['with an owner of its own', true],
  ])('is taken over whole, no row rewritten, and its chains verify (%s)', async (_name, hasOwner) => {
    database = await startTestDatabase('token-vault', { before: PARTITIONED });
    rows = open(database);
    const times = DAYS_AGO.map((days) => new Date(Date.now() - days * DAY_MS));
    for (let chain = 0; chain < 20; chain += 1) await insertEntries(database.url, chainAt(key, times));
    const before = await rowsAsStored();
    const url = hasOwner ? await giveVaultOwner(database) : database.url;

    await migrate({ url, schema: SCHEMA, folder: migrationsOf('token-vault') });

    expect(await rowsAsStored()).toEqual(before);
    const report = { entries: 20 * DAYS_AGO.length, chains: 20, findings: [] };
    await expect(verifyStored(rows, ring)).resolves.toEqual(report);
    expect(await partitionsInUse()).toEqual([{ name: 'custody_log_first', count: 20 * DAYS_AGO.length }]);

    // The release before goes on writing as it did, and rows of today are still the first partition's.
    await insertEntries(database.url, chainAt(key, [new Date(), new Date(Date.now() + 20 * DAY_MS)]));
    await expect(verifyStored(rows, ring)).resolves.toMatchObject({ findings: [] });
    for (const text of [
      'update custody_log set backend = backend',
      'delete from custody_log',
      'truncate custody_log',
    ])
      await expect(rows.query({ name: text, text })).rejects.toThrow(/append-only|permission denied/);
  });

  test('can be written by that release between the steps of the migration', async () => {
    database = await startTestDatabase('token-vault', { before: LATE });
    rows = open(database);
    await insertEntries(database.url, chainAt(key, [new Date(), new Date(Date.now() + 6 * DAY_MS)]));
    await migrate({ url: database.url, schema: SCHEMA, folder: migrationsOf('token-vault') });
    await expect(verifyStored(rows, ring)).resolves.toMatchObject({ entries: 2, findings: [] });
  });

  // Where a row lies, to the byte: a table that was rewritten has others.
  const rowsAsStored = async () =>
    (
      await rows.query({
        name: 'stored',
        text: 'select ctid::text, xmin::text, * from custody_log order by replica_id, sequence',
      })
    ).rows;
});

describe('the partitions of the custody log', () => {
  beforeEach(async () => {
    database = await startTestDatabase('token-vault');
    rows = open(database);
  });

  test('are there for a week ahead, and making them again makes none', async () => {
    const names = await partitions();
    // Yesterday, today, a week, and the net.
    expect(names).toHaveLength(10);
    const { warnings, job } = partitionsJob();
    await job.run();
    expect(await partitions()).toEqual(names);
    expect(warnings()).toEqual([]);
  });

  test('count as their table in the metrics of its size', async () => {
    await releases(50);
    await rows.query({ name: 'analyze', text: 'analyze custody_log' });
    const metrics = new Metrics();
    await new TableSizes(rows, metrics, new SilentLog()).measure();
    const text = await metrics.render();
    expect(text).toContain('gatehouse_database_table_rows{table="custody_log"} 50');
    expect(text).toMatch(/gatehouse_database_table_bytes{table="custody_log"} \d{5,}/);
    expect(text).toMatch(/gatehouse_database_table_bytes{table="sessions"} \d+/);
    expect(text).not.toContain('custody_log_2');
  });

  test('take the rows of their day, and the vault makes those that are missing', async () => {
    await forget();
    const { job } = partitionsJob();
    await job.run();
    expect(await partitions()).toHaveLength(10);
    await releases(3);
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    expect(await partitionsInUse()).toEqual([{ name: `custody_log_${day}`, count: 3 }]);
  });

  test('that are missing fail no release: the net takes the row, and it is said', async () => {
    await forget();
    await releases(3);
    expect(await partitionsInUse()).toEqual([{ name: 'custody_log_default', count: 3 }]);
    const { warnings, job } = partitionsJob();
    await job.run();
    expect(warnings()).toEqual(['custody-rows-without-partition']);
    // Today stays with the net; the days to come have theirs.
    expect(await partitions()).toHaveLength(9);
    await releases(2);
    await expect(verifyStored(rows, ring)).resolves.toMatchObject({ entries: 5, findings: [] });
    await rows.query({ name: 'settle', text: 'select custody_settle()' });
    expect((await partitionsInUse()).map(({ name }) => name)).not.toContain('custody_log_default');
    await expect(verifyStored(rows, ring)).resolves.toMatchObject({ entries: 5, findings: [] });
  });

  test('are made while releases are written, by several replicas at once', async () => {
    await forget();
    const jobs = Array.from({ length: 4 }, () => partitionsJob());
    await Promise.all([releases(200), ...jobs.map(({ job }) => job.run())]);
    await expect(verifyStored(rows, ring)).resolves.toMatchObject({ entries: 200, findings: [] });
  });

  test('a clock that steps back over midnight cuts no chain: its entries stay in order of time', async () => {
    const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    let nowMs = midnight + 5;
    const log = newLog({ nowMs: () => nowMs });
    await log.append(release());
    nowMs = midnight - 5;
    await log.append(release());
    const { rows: found } = await rows.query<{ at: Date }>({
      name: 'times',
      text: 'select at from custody_log order by sequence',
    });
    expect(found.map(({ at }) => at.getTime() - midnight)).toEqual([5, 5]);
  });

  /** As when nobody made partitions for long. */
  async function forget(): Promise<void> {
    for (const name of await partitions())
      if (name !== 'custody_log_default')
        await rows.query({ name: `drop ${name}`, text: `drop table ${name}` });
  }

  function partitionsJob() {
    const warned: string[] = [];
    const log = Object.assign(new SilentLog(), { warn: (event: string) => warned.push(event) });
    return { job: new CustodyPartitions(new CustodyLogStore(rows), log), warnings: () => warned };
  }

  const newLog = (clock = { nowMs: () => Date.now() }) =>
    new CustodyLog(new CustodyLogStore(rows), ring, clock, new SilentLog());

  const release = () => ({
    kind: 'inject' as const,
    tsid: randomUUID(),
    accountId: randomUUID(),
    backend: 'directory',
    provider: 'acme',
    connectionId: randomUUID(),
    token: 'the-access-token',
  });

  async function releases(count: number): Promise<void> {
    const log = newLog();
    await Promise.all(Array.from({ length: count }, () => log.append(release())));
  }
});
