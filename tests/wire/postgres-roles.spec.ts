import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Secret } from '@gatehouse/kernel/secret';
import { migrate } from '@gatehouse/persistence/migrate';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

const ROLES = ['authorization_server', 'token_vault'] as const;
type Role = (typeof ROLES)[number];
const PASSWORD = 'test';
const database = `roles_${randomBytes(6).toString('hex')}`;
const server = process.env['GATEHOUSE_TEST_POSTGRES'] ?? '';

const urlOf = (name: string, role?: Role): string => {
  const url = new URL(server);
  url.pathname = `/${name}`;
  if (role !== undefined) {
    url.username = role;
    url.password = PASSWORD;
  }
  return url.href;
};

async function query(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  await query(server, `create database ${database}`);
  const sql = await readFile(inRepository('infra/postgres/roles.sql'), 'utf8');
  await query(
    urlOf(database),
    sql.replaceAll(/:'(authorization_server|token_vault)_password'/g, `'${PASSWORD}'`),
  );
  for (const role of ROLES) {
    const folder = inRepository('prisma', role.replaceAll('_', '-'), 'migrations');
    await migrate({ url: new Secret(urlOf(database, role)), schema: role, folder });
  }
});
afterAll(() => query(server, `drop database if exists ${database} with (force)`));

describe.each<[Role, Role]>([
  ['authorization_server', 'token_vault'],
  ['token_vault', 'authorization_server'],
])('the database role %s, in the hands of an attacker,', (role, other) => {
  const attempt = (text: string, name = database) => query(urlOf(name, role), text);

  test('reads nothing of the other service, table by table', async () => {
    const tables = await query(
      urlOf(database),
      `select tablename from pg_tables where schemaname = '${other}'`,
    );
    expect(tables.rows.length).toBeGreaterThan(3);
    for (const { tablename } of tables.rows as { tablename: string }[]) {
      await expect(attempt(`select * from ${other}."${tablename}"`)).rejects.toThrow(
        /permission denied for schema/,
      );
    }
  });

  test.each([
    ['writes into the other schema', `create table ${other}.planted (id int)`],
    ['plants a table in public', 'create table public.planted (id int)'],
    ['makes a schema', 'create schema planted'],
    ['becomes the other role', `set role ${other}`],
    ['makes a role', 'create role planted'],
    ['reads a file of the server', "select pg_read_file('/etc/hostname')"],
  ])('never %s', async (_name, text) => {
    await expect(attempt(text)).rejects.toThrow(/permission denied/);
  });

  test('does not get into another database', async () => {
    await expect(attempt('select 1', 'postgres')).rejects.toThrow(/permission denied for database/);
  });

  test('still owns its own schema', async () => {
    await expect(attempt('select count(*) from "_prisma_migrations"')).resolves.toMatchObject({
      rowCount: 1,
    });
  });
});
