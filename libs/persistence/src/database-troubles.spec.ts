import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@gatehouse/kernel/secret';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { databaseTroubles } from './database-troubles.js';
import { migrate } from './migrate.js';

const SERVER = process.env['GATEHOUSE_TEST_POSTGRES'] ?? '';
const PASSWORD = 'a-password-that-nobody-may-read';
/** What is there answers at last, however busy the machine is. */
const PATIENCE_MS = 120_000;

const name = `test_${randomBytes(6).toString('hex')}`;
let folder: string;

async function asAdmin(...texts: readonly string[]): Promise<void> {
  await as(at(new URL(SERVER).username, new URL(SERVER).password), ...texts);
}

async function as(url: string, ...texts: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const text of texts) await client.query(text);
  } finally {
    await client.end();
  }
}

function at(user: string, password: string): string {
  const url = new URL(SERVER);
  Object.assign(url, { username: user, password, pathname: `/${name}` });
  return url.href;
}

const own = (): string => at(name, PASSWORD);

const troubles = async (url = own()) =>
  await databaseTroubles({
    url: new Secret(url),
    service: 'token-vault',
    folder,
    otherSchemas: ['authorization_server'],
    withinMs: PATIENCE_MS,
  });

async function migration(named: string, sql = 'select 1'): Promise<void> {
  await mkdir(join(folder, named), { recursive: true });
  await writeFile(join(folder, named, 'migration.sql'), sql);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-troubles-'));
  for (const number of [1, 2, 3, 4, 5]) await migration(`000${number}_step`);
  await as(SERVER, `create role ${name} login password '${PASSWORD}'`, `create database ${name}`);
  await asAdmin(`create schema token_vault authorization ${name}`);
});
afterAll(async () => {
  await as(SERVER, `drop database if exists ${name} with (force)`, `drop role if exists ${name}`);
  await rm(folder, { recursive: true, force: true });
});

test('a database that was never migrated has none of the migrations, and not all of them are listed', async () => {
  expect(await troubles()).toEqual([
    { kind: 'migrations', evidence: '0001_step, 0002_step, 0003_step and 2 more' },
  ]);
});

test('one that was has no trouble', async () => {
  await migrate({ url: new Secret(own()), schema: 'token_vault', folder });
  expect(await troubles()).toEqual([]);
});

test('a migration that was edited, one that is missing and one of a later release are told apart', async () => {
  await migration('0002_step', 'select 2');
  await rm(join(folder, '0005_step'), { recursive: true });
  await migration('0006_step');
  expect(await troubles()).toEqual([
    { kind: 'migrations', evidence: '0006_step' },
    { kind: 'edited', evidence: '0002_step' },
    { kind: 'newer', evidence: '0005_step' },
  ]);
});

test('a role that may look into the schema of another service', async () => {
  await asAdmin(
    'create schema authorization_server',
    `grant usage on schema authorization_server to ${name}`,
  );
  expect((await troubles())[0]).toEqual({ kind: 'other-schema', evidence: 'authorization_server' });
});

test('a role that may do everything', async () => {
  const { username, password } = new URL(SERVER);
  expect((await troubles(at(username, password)))[0]).toMatchObject({ kind: 'too-strong' });
});

test('a password that was changed is told without it', async () => {
  const [trouble, ...more] = await troubles(at(name, 'another-password'));
  expect([trouble?.kind, more]).toEqual(['unreachable', []]);
  expect(trouble?.evidence).toMatch(/user or password are refused/);
  for (const hidden of ['another-password', `${name}:`]) expect(trouble?.evidence).not.toContain(hidden);
});
