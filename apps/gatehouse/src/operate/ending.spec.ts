import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { runCommandLine } from '../command-line.js';
import { gatehouse, KeptTerminal } from '../terminal.fixture.js';

/** The command waits for so long, and the test for longer. */
const PATIENCE_MS = 120_000;

let folder: string;
let database: TestDatabase;
let config: string;
/** In the place of the authorization server: it has its connection, and its outbox is the test's. */
let server: pg.Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-ending-'));
  database = await startTestDatabase('authorization-server');
  config = join(folder, 'gatehouse.yaml');
  await writeFile(config, await readFile(DEMONSTRATION_CONFIGURATION, 'utf8'));
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

async function connected(applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: database.url.reveal(),
    options: `-c search_path=${database.schema}`,
    application_name: applicationName,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** @returns the account of an open session */
async function signedIn(client: pg.Client): Promise<string> {
  const [accountId, tsid] = [randomUUID(), randomUUID()];
  await client.query('insert into accounts (id, name) values ($1, $2)', [accountId, 'somebody']);
  await client.query(
    `insert into sessions (tsid, account_id, client_id, client_name, expires_at) values ($1, $2, 'c', 'client', now() + interval '1 day')`,
    [tsid, accountId],
  );
  return accountId;
}

const end = async (account: string) =>
  await gatehouse(['sessions', 'end', '--account', account, '--config', config, '--json'], {
    AUTHORIZATION_SERVER_DATABASE_URL: database.url.reveal(),
  });

describe('a session that a command ends', () => {
  test('says for what it waits', async () => {
    server = await connected('gatehouse-authorization-server');
    try {
      const terminal = new KeptTerminal({ AUTHORIZATION_SERVER_DATABASE_URL: database.url.reveal() });
      const account = await signedIn(server);
      const ending = runCommandLine(['sessions', 'end', '--account', account, '--config', config], terminal);
      await terminal.untilSaid('Waiting until the vault and the proxies know', ending);
      await server.query('update sessions set announced_at = now() where closed_at is not null');
      expect(await ending).toBe(0);
      expect(terminal.stdout.text).toContain('the proxies have been told');
    } finally {
      await server.end();
    }
  });

  test('is told by the authorization server where that runs, and the command waits for it', async () => {
    server = await connected('gatehouse-authorization-server');
    try {
      const ending = end(await signedIn(server));
      const told =
        'update sessions set announced_at = now() where closed_at is not null and announced_at is null';
      await until(async () => (await server.query(told)).rowCount === 1, PATIENCE_MS);
      const { code, stdout, stderr } = await ending;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual({ ended: [expect.stringMatching(/^[0-9a-f]{64}$/)], told: true });
    } finally {
      await server.end();
    }
  });

  test('is ended where nobody runs who could tell of it, and the command says that they will be told', async () => {
    const nobody = await connected('test');
    try {
      const gone = `select from pg_stat_activity where datname = current_database() and application_name like 'gatehouse-auth%'`;
      await until(async () => (await nobody.query(gone)).rowCount === 0, PATIENCE_MS);
      const { code, stdout } = await end(await signedIn(nobody));
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ ended: [expect.any(String)], told: false });
    } finally {
      await nobody.end();
    }
  });
});
