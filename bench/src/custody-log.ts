import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { CustodyKey } from '@gatehouse/persistence/custody-log/custody-key';
import { chainAt, custodyWriter } from '@gatehouse/testing/custody-rows';
import { giveVaultOwner, startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { inRepository } from '@gatehouse/testing/repository';
import pg from 'pg';
import startPostgres from '../../libs/testing/jest-global-setup.mjs';
import stopPostgres from '../../libs/testing/jest-global-teardown.mjs';

/**
 * The cost of the custody log: an insert with and without partitions, bytes per row, and how fast days are archived and
 * verified. Both tables are filled in turn, one round each, so that other load on the machine affects both.
 */
const ROWS_PER_ROUND = Number(process.env['BENCH_ROWS'] ?? 40_000);
const ROUNDS = 5;
/** About what is waiting when a busy vault writes. */
const ROWS_PER_INSERT = 25;
/** A busy person: a call with a new credential every 30 s, all day. */
const ROWS_PER_PERSON_AND_DAY = 2 * 60 * 24;
const PARTITIONED = '20261126';
const DAY_MS = 86_400_000;

const KEY_ENCRYPTION_KEY = randomBytes(32).toString('base64url');
const key = new CustodyKey('demonstration', KEY_ENCRYPTION_KEY);

await startPostgres();
const plain = await startTestDatabase('token-vault', { before: PARTITIONED });
const partitioned = await startTestDatabase('token-vault');
try {
  const ownerUrl = await giveVaultOwner(partitioned);
  const seconds = { plain: 0, partitioned: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    // Both use today's date, so that rows go to the same partition as the vault's.
    const entries = chainAt(key, times(Date.now(), ROWS_PER_ROUND));
    seconds.plain += await fill(plain, entries);
    seconds.partitioned += await fill(partitioned, entries);
  }
  const rows = ROWS_PER_ROUND * ROUNDS;
  const bytes = (await sizeOf(partitioned)) / rows;
  console.log(`insert without partitions   ${perSecond(rows, seconds.plain)}`);
  console.log(`insert with partitions      ${perSecond(rows, seconds.partitioned)}`);
  console.log(
    `bytes a row, with indexes   ${Math.round(bytes)} (without partitions ${Math.round((await sizeOf(plain)) / rows)})`,
  );
  console.log(
    `1,000 busy people            ${((bytes * ROWS_PER_PERSON_AND_DAY * 1_000) / 1e9).toFixed(1)} GB a day (${ROWS_PER_PERSON_AND_DAY} releases a person)`,
  );

  // Only past days.
  for (let day = 3; day > 1; day -= 1)
    await fill(
      partitioned,
      chainAt(key, times(Math.floor(Date.now() / DAY_MS) * DAY_MS - day * DAY_MS, ROWS_PER_ROUND)),
    );
  const old = 2 * ROWS_PER_ROUND;
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  const audit = await auditOf(folder, ownerUrl.reveal());
  const archives = join(folder, 'archives');
  const archiving = await audit('archive', '--directory', archives, '--before', '1d', '--remove');
  const compressed = (
    await Promise.all((await readdir(archives)).map(async (name) => (await stat(join(archives, name))).size))
  ).reduce((sum, size) => sum + size, 0);
  console.log(
    `archive and remove          ${perSecond(old, archiving)}, ${Math.round(compressed / old)} bytes a row`,
  );
  console.log(
    `verify offline              ${perSecond(old, await audit('verify', '--offline', '--archive', archives))}`,
  );
  console.log(`verify the database         ${perSecond(rows, await audit('verify'))}`);
} finally {
  await plain.close();
  await partitioned.close();
  await stopPostgres();
}

function times(from: number, count: number): readonly Date[] {
  return Array.from({ length: count }, (_, index) => new Date(from + index));
}

async function fill(database: TestDatabase, entries: ReturnType<typeof chainAt>): Promise<number> {
  const writer = await custodyWriter(database.url);
  const began = performance.now();
  for (let at = 0; at < entries.length; at += ROWS_PER_INSERT)
    await writer.insert(entries.slice(at, at + ROWS_PER_INSERT));
  const took = (performance.now() - began) / 1_000;
  await writer.close();
  return took;
}

async function sizeOf(database: TestDatabase): Promise<number> {
  const client = new pg.Client({ connectionString: database.adminUrl.reveal() });
  await client.connect();
  const { rows } = await client.query<{ bytes: string }>(
    `select sum(pg_total_relation_size(oid)) as bytes from pg_class where relname ~ '^custody_log' and relkind = 'r'`,
  );
  await client.end();
  return Number(rows[0]?.bytes);
}

/** The command as an operator runs it; seconds that it took, without the start of its process. */
async function auditOf(folder: string, ownerUrl: string) {
  const yaml = await readFile(inRepository('examples/demonstration/gatehouse.yaml'), 'utf8');
  const config = join(folder, 'gatehouse.yaml');
  await writeFile(
    config,
    yaml.replace('{ env: TOKEN_VAULT_DATABASE_URL }', '{ env: OWNER_URL }, ownerUrl: { env: OWNER_URL }'),
  );
  const program = inRepository('apps/gatehouse/dist/main.js');
  const environment = {
    PATH: process.env['PATH'],
    TOKEN_VAULT_KEY_ENCRYPTION_KEY: KEY_ENCRYPTION_KEY,
    OWNER_URL: ownerUrl,
  };
  const run = async (...args: string[]): Promise<number> => {
    const began = performance.now();
    await promisify(execFile)(process.execPath, [program, ...args], { env: environment });
    return (performance.now() - began) / 1_000;
  };
  return async (command: string, ...args: string[]) => {
    const start = await run('audit', command, '--help');
    return (await run('audit', command, '--config', config, ...args)) - start;
  };
}

function perSecond(rows: number, seconds: number): string {
  return `${Math.round(rows / seconds).toLocaleString('en')} rows/s`;
}
