import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import pg from 'pg';
import { DEMONSTRATION_CONFIGURATION } from './paths.js';
import { gatehouse } from './terminal.fixture.js';

let folder: string;
let nats: TestNats;
let databases: readonly TestDatabase[];
let environment: Readonly<Record<string, string>>;
let config: string;

/** Before the first migration. */
const EMPTY = { before: '0' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-migrate-'));
  nats = await startTestNats('demo');
  // A new bus has neither streams nor buckets.
  await nats.wipe();
  databases = await Promise.all([
    startTestDatabase('authorization-server', EMPTY),
    startTestDatabase('token-vault', EMPTY),
  ]);
  const { user, pass } = nats.provisioning;
  environment = {
    AUTHORIZATION_SERVER_DATABASE_URL: databases[0]?.url.reveal() ?? '',
    TOKEN_VAULT_DATABASE_URL: databases[1]?.url.reveal() ?? '',
    NATS_PROVISIONING_CREDENTIALS: `${user}:${pass}`,
  };
  config = await written((yaml) => yaml);
});

afterAll(async () => {
  await nats.close();
  await Promise.all(databases.map((database) => database.close()));
  await rm(folder, { recursive: true, force: true });
});

async function written(change: (yaml: string) => string, name = 'gatehouse.yaml'): Promise<string> {
  const yaml = await readFile(DEMONSTRATION_CONFIGURATION, 'utf8');
  const file = join(folder, name);
  await writeFile(file, change(yaml.replace(/servers: \[.*\]/, `servers: [${nats.url}]`)));
  return file;
}

const migrate = (changed: Readonly<Record<string, string | undefined>> = {}, file = config) =>
  gatehouse(['migrate', '--config', file], { ...environment, ...changed });

describe('migrate', () => {
  test('makes tables, streams and buckets, says what it made, and does nothing the second time', async () => {
    const first = await migrate();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^authorization-server: applied \d{14}\w+/m);
    expect(first.stdout).toMatch(/^token-vault: applied \d{14}\w+/m);
    expect(first.stdout).toMatch(/^bus: made \S+/m);
    const second = await migrate();
    expect(second).toEqual({
      code: 0,
      stderr: '',
      stdout: 'authorization-server: up to date\ntoken-vault: up to date\nbus: up to date\n',
    });
  });

  test('--json says the same for programs, and its progress goes to standard error', async () => {
    const { code, stdout, stderr } = await gatehouse(['migrate', '--config', config, '--json'], environment);
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { applied: { 'authorization-server': [], 'token-vault': [] }, made: [] },
    ]);
    expect(stderr).toContain('bus: up to date');
    const bus = await gatehouse(['migrate', '--config', config, '--json', '--only', 'bus'], environment);
    expect(JSON.parse(bus.stdout)).toEqual({ applied: {}, made: [] });
  });

  test('--only does one of both, and reads no secret of the other: a Job for each needs no more', async () => {
    const none = { NATS_PROVISIONING_CREDENTIALS: undefined };
    const databases = await gatehouse(['migrate', '--config', config, '--only', 'databases'], {
      ...environment,
      ...none,
    });
    expect(databases).toMatchObject({ code: 0, stderr: '' });
    expect(databases.stdout).toMatch(/^authorization-server: .*\ntoken-vault: .*\n$/);
    const { NATS_PROVISIONING_CREDENTIALS } = environment;
    const bus = await gatehouse(['migrate', '--config', config, '--only', 'bus'], {
      NATS_PROVISIONING_CREDENTIALS,
    });
    expect(bus).toMatchObject({ code: 0, stderr: '' });
    expect(bus.stdout).toMatch(/^bus: .*\n$/);
  });

  test('leaves the database of an authorization server alone where there is none', async () => {
    const file = await written(
      (yaml) =>
        yaml
          .replace(/^authServer:\n(?: .*\n)+/m, '')
          .replace(/^ {2}backends:\n(?: {4}.*\n)+/m, '')
          .replace(/^ {2}authorizationServer: .*\n/gm, '')
          .concat(
            'incomingAuth:\n  type: oidc\n  oidc: { issuer: https://issuer.example.test, audience: http://localhost:4483/mcp, resourceUrl: http://localhost:4483/mcp }\n',
          ),
      'external-issuer.yaml',
    );
    const { code, stdout, stderr } = await migrate({ AUTHORIZATION_SERVER_DATABASE_URL: undefined }, file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('token-vault: up to date\nbus: up to date\n');
  });
});

describe('migrate --wait', () => {
  const LONG = '10m';

  /** In front of a server: it breaks the first connections off, as one that is not there yet, and hands all others on. */
  async function comingLater(
    port: number,
  ): Promise<{ port: number; taken: () => number; close: () => void }> {
    let count = 0;
    const server = createServer((here) => {
      here.on('error', () => undefined);
      count += 1;
      if (count <= 2) {
        here.destroy();
        return;
      }
      const there = connect(port, '127.0.0.1');
      there.on('error', () => here.destroy());
      there.once('close', () => here.destroy());
      here.once('close', () => there.destroy());
      here.pipe(there).pipe(here);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      taken: () => count,
      close: () => server.close(),
    };
  }

  test('a database that is not there yet is waited for, named, and migrated', async () => {
    const url = new URL(environment['AUTHORIZATION_SERVER_DATABASE_URL'] ?? '');
    const late = await comingLater(Number(url.port || 5432));
    url.hostname = '127.0.0.1';
    url.port = String(late.port);
    const changed = { ...environment, AUTHORIZATION_SERVER_DATABASE_URL: url.href };
    const args = ['migrate', '--config', config, '--only', 'databases', '--wait', LONG];
    const { code, stdout, stderr } = await gatehouse(args, changed);
    late.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.startsWith('Waiting. The database of authorization-server was not migrated. ')).toBe(true);
    expect(stdout).toContain(`The database at 127.0.0.1:${late.port}${url.pathname} cannot be used: `);
    expect(stdout).not.toContain(`:${url.password}@`);
    expect(stdout).toMatch(/^authorization-server: (?:.*\n)*token-vault: .*\n$/m);
    // Twice broken off, once asked, once used.
    expect(late.taken()).toBeGreaterThanOrEqual(4);
  });

  test('so is a bus', async () => {
    const late = await comingLater(Number(new URL(nats.url).port));
    const file = await written(
      (yaml) => yaml.replace(nats.url, `nats://127.0.0.1:${late.port}`),
      'late.yaml',
    );
    const args = ['migrate', '--config', file, '--only', 'bus', '--wait', LONG];
    const { code, stdout, stderr } = await gatehouse(args, environment);
    late.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Waiting\\. NATS at nats://127\\.0\\.0\\.1:${late.port}: `));
    expect(stdout).toMatch(/^bus: .*\n$/m);
  });

  test('it ends, and what is said then is what is said without it', async () => {
    const port = await freePort();
    const url = `postgres://someone:hidden-password@127.0.0.1:${port}/gatehouse`;
    const args = ['migrate', '--config', config, '--wait', '1ms'];
    const changed = { ...environment, AUTHORIZATION_SERVER_DATABASE_URL: url };
    const { code, stderr } = await gatehouse(args, changed);
    expect(code).toBe(75);
    expect(stderr).toContain('The database of authorization-server was not migrated. ');
    expect(stderr).not.toContain('hidden-password');
  });

  test('what waiting does not help fails at once, and no duration is refused before anything is asked', async () => {
    const args = ['migrate', '--config', config, '--wait'];
    const changed = { ...environment, AUTHORIZATION_SERVER_DATABASE_URL: '' };
    const unset = await gatehouse([...args, LONG], changed);
    expect(unset).toMatchObject({ code: 78, stdout: '' });
    const soon = await gatehouse([...args, 'soon'], environment);
    expect(soon).toMatchObject({ code: 64, stdout: '' });
    expect(soon.stderr).toContain('--wait soon: write a duration, such as 2m.');
  });
});

describe('migrate says what is in its way, never a password', () => {
  const SECRET = 'hidden-password';

  async function refused(changed: Readonly<Record<string, string | undefined>>, file = config) {
    const { code, stdout, stderr } = await migrate(changed, file);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stderr).not.toMatch(/^ +at /m);
    return { code, stderr };
  }

  test('a database that is away: exit code 75, try again', async () => {
    const port = await freePort();
    const url = `postgres://someone:${SECRET}@127.0.0.1:${port}/gatehouse`;
    const { code, stderr } = await refused({ AUTHORIZATION_SERVER_DATABASE_URL: url });
    expect(code).toBe(75);
    expect(stderr).toContain(
      `The database of authorization-server was not migrated. The database at 127.0.0.1:${port}/gatehouse cannot be used: nothing listens there`,
    );
  });

  test('a wrong password', async () => {
    const url = new URL(environment['TOKEN_VAULT_DATABASE_URL'] ?? '');
    url.password = SECRET;
    const { code, stderr } = await refused({ TOKEN_VAULT_DATABASE_URL: url.href });
    expect(code).toBe(75);
    expect(stderr).toMatch(/The database of token-vault was not migrated\..*password are refused \(28P01\)/);
  });

  test('a migration that was edited after it had been applied: exit code 1, trying again does not help', async () => {
    const client = new pg.Client({
      connectionString: environment['AUTHORIZATION_SERVER_DATABASE_URL'],
      options: '-c search_path=authorization_server',
    });
    await client.connect();
    try {
      await migrate();
      const { rows } = await client.query<{ checksum: string }>(
        `update _prisma_migrations set checksum = reverse(checksum) returning checksum`,
      );
      expect(rows.length).toBeGreaterThan(0);
      const { code, stderr } = await refused({});
      expect(code).toBe(1);
      expect(stderr).toMatch(/authorization-server was not migrated: migration \d+\w+ was edited after/);
    } finally {
      await client.query(`update _prisma_migrations set checksum = reverse(checksum)`);
      await client.end();
    }
  });

  test('a bus that refuses the user: exit code 75', async () => {
    const { code, stderr } = await refused({ NATS_PROVISIONING_CREDENTIALS: `provisioning:${SECRET}` });
    expect(code).toBe(75);
    expect(stderr).toContain(`NATS at ${nats.url}: `);
  });

  test('a bus that is away: exit code 75', async () => {
    const away = `nats://127.0.0.1:${await freePort()}`;
    const file = await written((yaml) => yaml.replace(nats.url, away), 'away.yaml');
    const { code, stderr } = await refused({}, file);
    expect(code).toBe(75);
    expect(stderr).toContain(`NATS at ${away}: `);
  });

  test.each([
    ['that is not set', undefined, 'The environment variable TOKEN_VAULT_DATABASE_URL is not set.'],
    ['that is empty', ' ', 'The environment variable TOKEN_VAULT_DATABASE_URL is empty.'],
    ['of another kind', `https://${SECRET}.example.test`, 'The secret (env TOKEN_VAULT_DATABASE_URL) '],
  ])('a secret %s: exit code 78', async (_case, value, said) => {
    const { code, stderr } = await refused({ TOKEN_VAULT_DATABASE_URL: value });
    expect(code).toBe(78);
    expect(stderr).toContain(said);
  });
});
