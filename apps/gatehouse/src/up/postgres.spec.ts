import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import pg from 'pg';
import { databaseUrl, fillVariables, startPostgres } from './postgres.js';
import { Processes } from './processes.js';
import { StateFolder } from './state.js';

let folder: string;
let state: StateFolder;
let processes: Processes;
let port: number;

async function as<Value>(
  role: 'authorization_server' | 'token_vault',
  use: (client: pg.Client) => Promise<Value>,
): Promise<Value> {
  const { authorizationServerDatabasePassword, tokenVaultDatabasePassword } = state.secrets;
  const password = role === 'token_vault' ? tokenVaultDatabasePassword : authorizationServerDatabasePassword;
  const client = new pg.Client({ connectionString: databaseUrl(role, password, port) });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-postgres-'));
  // Postgres does not run as root; its own user has to get into the folder.
  chmodSync(folder, 0o711);
  state = StateFolder.open(join(folder, 'state'));
  processes = new Processes(state.path('logs'));
  port = await freePort();
  await startPostgres(state, processes, port);
  await as('token_vault', (client) => client.query('create table connection (token text)'));
});

afterAll(async () => {
  await processes.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('each role works in its own schema without naming it', async () => {
  const { rows } = await as('token_vault', (client) => client.query('select * from connection'));
  expect(rows).toEqual([]);
});

test.each([
  ['read the vault', 'select * from token_vault.connection'],
  ['write into the vault', "insert into token_vault.connection values ('x')"],
  ['make a table in the vault', 'create table token_vault.mine ()'],
  ['make a table in the public schema', 'create table public.mine ()'],
  ['make a schema', 'create schema mine'],
  ['make a temporary table that shadows others', 'create temporary table mine ()'],
  ['become the vault', 'set role token_vault'],
  ['become the superuser', 'set role postgres'],
  ['grant itself the vault', 'grant token_vault to authorization_server'],
  ['make a role', 'create role mine'],
  ['read the password table', 'select * from pg_authid'],
  ['read a file of the machine', "select pg_read_file('/etc/passwd')"],
  ['run a program on the machine', "copy (select 1) to program 'id'"],
])('the authorization server, taken over, cannot %s', async (_case, statement) => {
  await expect(as('authorization_server', (client) => client.query(statement))).rejects.toThrow(
    /permission denied|must have|must be/,
  );
});

test('a role cannot connect to another database, nor with a wrong password', async () => {
  const url = databaseUrl('token_vault', state.secrets.tokenVaultDatabasePassword, port);
  for (const wrong of [url.replace(/\/gatehouse$/, '/postgres'), databaseUrl('token_vault', 'guess', port)]) {
    const client = new pg.Client({ connectionString: wrong });
    await expect(client.connect()).rejects.toThrow(/permission denied|password authentication failed/);
    await client.end().catch(() => undefined);
  }
});

test('a script is filled with literals, and an unknown name is an error', () => {
  expect(fillVariables("select :'a', :'b'", { a: "o'clock", b: 'x' })).toBe("select 'o''clock', 'x'");
  expect(() => fillVariables("select :'c'", {})).toThrow('asks for c');
});

test('a server that cannot start is shown with its last lines', async () => {
  const other = StateFolder.open(join(folder, 'other'));
  const own = new Processes(other.path('logs'));
  try {
    // The port of the server that runs.
    await expect(startPostgres(other, own, port)).rejects.toThrow(
      /postgres ended with exit code 1 instead of becoming ready\.\nIts last lines:\n.*in use/s,
    );
  } finally {
    await own.stop();
  }
});
