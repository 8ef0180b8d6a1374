import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@gatehouse/kernel/secret';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from './migrate.js';

const SERVER = process.env['GATEHOUSE_TEST_POSTGRES'] ?? '';
const database = `migrate_${randomBytes(6).toString('hex')}`;
const url = new Secret(Object.assign(new URL(SERVER), { pathname: `/${database}` }).href);

let admin: pg.Client;
let folder: string;
let schema: string;

beforeAll(async () => {
  const server = new pg.Client({ connectionString: SERVER });
  await server.connect();
  await server.query(`create database ${database}`);
  await server.end();
  admin = new pg.Client({ connectionString: url.reveal() });
  await admin.connect();
});
beforeEach(async () => {
  schema = `s_${randomBytes(6).toString('hex')}`;
  await admin.query(`create schema ${schema}`);
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-migrate-'));
});
afterAll(async () => {
  await admin.end();
  await rm(folder, { recursive: true, force: true });
});

async function written(name: string, sql: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), sql);
}
const run = async (): Promise<readonly string[]> => await migrate({ url, schema, folder });
const countOf = async (table: string): Promise<number> => {
  const { rows } = await admin.query<{ count: number }>(
    `select count(*)::int as count from ${schema}."${table}"`,
  );
  return rows[0]?.count ?? -1;
};

test('what is not applied yet is applied in the order of the names, once', async () => {
  await written('2_row', 'insert into things values (1)');
  await written('1_table', 'create table things (id int)');
  await writeFile(join(folder, 'migration_lock.toml'), 'provider = "postgresql"');
  expect(await run()).toEqual(['1_table', '2_row']);
  expect(await run()).toEqual([]);
  await written('3_row', 'insert into things values (2)');
  expect(await run()).toEqual(['3_row']);
  expect(await countOf('things')).toBe(2);
});

test('ten deployments at once apply each migration once', async () => {
  await written('1_table', 'create table things (id int)');
  await written('2_row', 'insert into things values (1)');
  const applied = await Promise.all(Array.from({ length: 10 }, run));
  expect(applied.flat().sort()).toEqual(['1_table', '2_row']);
  expect(await countOf('things')).toBe(1);
});

test('a migration that fails leaves nothing of itself, keeps those before it, and runs when it is mended', async () => {
  await written('1_table', 'create table things (id int)');
  await written('2_broken', 'insert into things values (1); select no_such_function()');
  await written('3_row', 'insert into things values (3)');
  await expect(run()).rejects.toThrow('no_such_function');
  expect(await countOf('things')).toBe(0);
  expect(await countOf('_prisma_migrations')).toBe(1);
  await written('2_broken', 'insert into things values (2)');
  expect(await run()).toEqual(['2_broken', '3_row']);
});

test('a migration that was edited after it was applied is refused by its name', async () => {
  await written('1_table', 'create table things (id int)');
  await run();
  await written('1_table', 'create table things (id bigint)');
  await expect(run()).rejects.toThrow('migration 1_table was edited');
});

test('a server that ends the connection in the middle fails that migration, and not the process that waits for it', async () => {
  await written('1_table', 'create table things (id int)');
  await written('2_end', 'insert into things values (1); select pg_terminate_backend(pg_backend_pid())');
  await expect(run()).rejects.toThrow(/^migration 2_end failed: .*terminat/);
  expect(await countOf('things')).toBe(0);
  await written('2_end', 'insert into things values (1)');
  expect(await run()).toEqual(['2_end']);
});
