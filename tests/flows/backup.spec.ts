import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES } from '@gatehouse/kernel/services';
import { printFigure } from '@gatehouse/testing/figures';
import { giveVaultOwner, startTestDatabase } from '@gatehouse/testing/postgres';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BACKENDS, Callers, signedIn, wrongCalls, type SignedIn } from '../support/callers.js';
import { inDatabase } from '../support/database.js';
import { gatehouse } from '../support/installed-gateway.js';

const key = (): string => randomBytes(32).toString('base64url');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-backup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a live installation', () => {
  const keys = {
    AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY: key(),
    TOKEN_VAULT_KEY_ENCRYPTION_KEY: key(),
  };
  let world: World;
  let people: readonly SignedIn[];
  let config: string;
  let environment: Readonly<Record<string, string>>;
  const made = (): string => join(folder, 'made');

  beforeAll(async () => {
    let yaml = '';
    world = await startWorld({
      environment: { 'authorization-server': keys, 'token-vault': keys },
      // A token that is renewed after the backup was made is not one that a restore could bring back.
      demonstrationFlags: ['--octo-access-token-ttl', '3600', '--acme-access-token-ttl', '3600'],
      configure: (text) => (yaml = text),
    });
    config = join(folder, 'gatehouse.yaml');
    await writeFile(config, yaml);
    environment = {
      ...keys,
      AUTHORIZATION_SERVER_DATABASE_URL: world.databases['authorization-server'].url.reveal(),
      TOKEN_VAULT_DATABASE_URL: world.databases['token-vault'].url.reveal(),
    };
    people = await Promise.all(['alice', 'bob', 'alice'].map((login) => signedIn(world, login)));
    expect(await wrongCalls(world.mcpUrl, people)).toEqual([]);
  });
  afterAll(() => world.close());

  const run = async (...args: readonly string[]) =>
    await gatehouse([...args, '--config', config], environment);

  test('is backed up while people call, into files that only their owner may read', async () => {
    const callers = new Callers(world, people);
    await callers.more('right', 3);
    const beganMs = performance.now();
    expect(await run('backup', made())).toMatchObject({ code: 0, stderr: '' });
    printFigure(`backup of a live installation | ${Math.round(performance.now() - beganMs)} ms`);
    await callers.more('right', 3);
    await callers.stop();
    expect([callers.wrong, callers.refused]).toEqual([0, []]);
    const files = await readdir(made(), { recursive: true, withFileTypes: true });
    for (const entry of files) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect(mode & 0o077).toBe(0);
    }
    const { keys: named } = JSON.parse(await readFile(join(made(), 'manifest.json'), 'utf8')) as {
      readonly keys: readonly { readonly id: string }[];
    };
    expect(named.map(({ id }) => id)).toEqual(['demonstration', 'demonstration']);
    const text = await readFile(join(made(), 'manifest.json'), 'utf8');
    for (const secret of Object.values(environment)) expect(text).not.toContain(secret);
  });

  test('a restore is refused while services run, and where the target has rows', async () => {
    expect(await run('restore', made(), '--replace')).toMatchObject({
      code: 75,
      stderr: expect.stringContaining('Services use the database of authorization-server'),
    });
    await Promise.all(
      SERVICES.flatMap((service) => world.replicas[service].map((program) => program.stop())),
    );
    expect(await run('restore', made())).toMatchObject({
      code: 73,
      stderr: expect.stringContaining(
        'is not empty. Nothing was restored. Name another database, or say --replace',
      ),
    });
  });

  test('a backup with a bit changed, a file missing, a row too few or a manifest edited is refused before anything is touched', async () => {
    const damages: Readonly<Record<string, (copy: string) => Promise<unknown>>> = {
      'has another length': (copy) => appendFile(join(copy, 'token-vault/connections.copy.gz'), 'x'),
      'has another checksum': async (copy) => {
        const file = join(copy, 'token-vault/connections.copy.gz');
        const bytes = await readFile(file);
        bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
        await writeFile(file, bytes);
      },
      'is missing': (copy) => rm(join(copy, 'authorization-server/sessions.copy.gz')),
      'manifest.json is not as it was written': async (copy) => {
        const file = join(copy, 'manifest.json');
        await writeFile(file, (await readFile(file, 'utf8')).replace(/"rows": 3\b/, '"rows": 2'));
      },
      'is not the manifest of a backup': async (copy) => {
        const file = join(copy, 'manifest.json');
        const text = await readFile(file, 'utf8');
        await writeFile(file, text.replace('token-vault/connections', '../../connections'));
      },
    };
    for (const [said, damage] of Object.entries(damages)) {
      const copy = join(folder, 'damaged');
      await cp(made(), copy, { recursive: true });
      await damage(copy);
      const { code, stderr } = await run('restore', copy, '--replace');
      expect([code, stderr]).toEqual([66, expect.stringContaining(said)]);
      await rm(copy, { recursive: true });
    }
    expect(await run('restore', made())).toMatchObject({ code: 73 });
  });

  test('a configuration with another key is refused: nobody could open what is stored', async () => {
    const other = { ...environment, TOKEN_VAULT_KEY_ENCRYPTION_KEY: key() };
    const { code, stderr } = await gatehouse(['restore', made(), '--replace', '--config', config], other);
    expect([code, stderr]).toEqual([
      78,
      expect.stringContaining('sealed with the key-encryption key "demonstration" of token-vault'),
    ]);
  });

  test('destroyed and restored: people are still signed in, and every backend sees the right one', async () => {
    for (const database of Object.values(world.databases)) {
      const { schema } = database;
      await inDatabase(
        database,
        `drop schema ${schema} cascade; create schema ${schema} authorization ${schema}`,
      );
    }
    const beganMs = performance.now();
    const restored = await run('restore', made());
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    printFigure(`restore of it | ${Math.round(performance.now() - beganMs)} ms`);
    expect(restored.stdout).toMatch(/^Custody log: [1-9]\d* entries in 1 chains verify\.$/m);
    await Promise.all(
      SERVICES.flatMap((service) => world.replicas[service].map((program) => program.start())),
    );
    expect(await wrongCalls(world.mcpUrl, people)).toEqual([]);
    const refreshed = await people[0]?.client.refresh(people[0].refreshToken);
    expect(refreshed).toMatchObject({ status: 200 });
    printFigure(
      `restored | ${people.length} people still signed in, ${people.length * BACKENDS.length} calls right`,
    );
  });

  test('what came after the backup is gone after a second restore, and nothing else', async () => {
    const [, bob] = people;
    const late = await bob?.client.signIn('bob');
    await Promise.all(
      SERVICES.flatMap((service) => world.replicas[service].map((program) => program.stop())),
    );
    const again = await run('restore', made(), '--replace', '--json');
    expect([again.code, JSON.parse(again.stdout)]).toMatchObject([
      0,
      {
        restored: true,
        applied: { 'authorization-server': [], 'token-vault': [] },
        custody: { chains: 1, findings: [] },
      },
    ]);
    await Promise.all(
      SERVICES.flatMap((service) => world.replicas[service].map((program) => program.start())),
    );
    expect((await bob?.client.refresh(late?.refreshToken ?? ''))?.error).toBe('invalid_grant');
    expect(await wrongCalls(world.mcpUrl, people)).toEqual([]);
  });

  test('--json says for programs what a backup holds, and nothing of what is in it', async () => {
    const { code, stdout, stderr } = await run('restore', made(), '--check', '--json');
    const numbers = { tables: expect.any(Number), rows: expect.any(Number), bytes: expect.any(Number) };
    const summary = {
      made: expect.any(String),
      gatehouse: expect.any(String),
      gateway: 'demo',
      encrypted: false,
      databases: ['authorization-server', 'token-vault'].map((service) => ({
        service,
        ...numbers,
        migrations: expect.any(Number),
      })),
      needsKeys: ['authorization-server', 'token-vault'].map((of) => ({
        of,
        id: 'demonstration',
        fingerprint: expect.any(String),
      })),
      holdsKeys: false,
      files: [],
    };
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { backup: summary, restored: false, applied: {}, custody: null },
    ]);
    expect(stderr).toContain('Every file is as it was written.');
    const again = join(folder, 'made-again');
    const backedUp = await run('backup', again, '--json');
    expect([backedUp.code, JSON.parse(backedUp.stdout)]).toEqual([0, { folder: again, ...summary }]);
  });

  test('a backup of a database that a later release has migrated is refused by name', async () => {
    await inDatabase(
      world.databases['token-vault'],
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at)
       values (gen_random_uuid()::text, repeat('0', 64), '29990101000000_later', now())`,
    );
    const later = join(folder, 'later');
    expect(await run('backup', later)).toMatchObject({ code: 0 });
    expect(await run('restore', later, '--replace')).toMatchObject({
      code: 66,
      stderr: expect.stringMatching(
        /made by another release .* migration 29990101000000_later.* Restore it with that release/,
      ),
    });
  });
});

test('the vault’s role may do no more to a restored custody log than before, where the log has an owner', async () => {
  const database = await startTestDatabase('token-vault');
  try {
    const owner = await giveVaultOwner(database);
    const config = join(folder, 'owned.yaml');
    await writeFile(
      config,
      `name: owned
publicUrl: https://gatehouse.example.com
incomingAuth: { type: anonymous }
backends: [{ name: one, url: https://one.example.com/mcp }]
vault: { keyEncryptionKeys: [{ id: a, env: KEY }], requestKeys: [{ id: a, env: KEY }] }
postgres: { tokenVault: { url: { env: URL_OF_VAULT }, ownerUrl: { env: URL_OF_OWNER } } }
nats: { servers: [nats://127.0.0.1:4222], credentials: { env: NATS_CREDENTIALS } }
`,
    );
    const environment = {
      KEY: key(),
      URL_OF_VAULT: database.url.reveal(),
      URL_OF_OWNER: owner.reveal(),
    };
    const rights = async (): Promise<unknown> =>
      await inDatabase(
        database,
        `select c.relname, c.relowner::regrole::text as owner, array(select unnest(c.relacl)::text order by 1) as rights
         from pg_class c where c.relnamespace = 'token_vault'::regnamespace and c.relkind in ('r', 'p') order by 1`,
      );
    const before = await rights();
    const made = join(folder, 'owned');
    expect(await gatehouse(['backup', made, '--config', config], environment)).toMatchObject({ code: 0 });
    expect(await gatehouse(['restore', made, '--replace', '--config', config], environment)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await rights()).toEqual(before);
  } finally {
    await database.close();
  }
});
