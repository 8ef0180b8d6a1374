import { cp, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newKey, StoredInstallation } from '../stored-installation.fixture.js';
import { gatehouse } from '../terminal.fixture.js';
import { startPostgres } from '../up/postgres.js';
import { Processes } from '../up/processes.js';
import { StateFolder } from '../up/state.js';

const SEALED = { GATEHOUSE_BACKUP_PASSPHRASE: 'correct horse battery staple' };

/** Its databases are on a server of somebody; `gatehouse up` has a server of its own in the state folder. */
let stored: StoredInstallation;
beforeAll(async () => {
  stored = await StoredInstallation.start((yaml) =>
    yaml.replace('env: TOKEN_VAULT_KEY_ENCRYPTION_KEY', 'file: keys/vault.key'),
  );
  await mkdir(stored.path('keys'), { mode: 0o700 });
  await stored.write('keys/vault.key', stored.keys.TOKEN_VAULT_KEY_ENCRYPTION_KEY);
  await stored.session(await stored.person({ name: 'Alice', email: 'alice@acme.example' }));
});
afterAll(() => stored.close());

const state = (): string => stored.path('home/.gatehouse');
const others = {
  ACME_SSO_CLIENT_SECRET: 'acme-demo-secret',
  OCTO_CLIENT_SECRET: 'octo-demo-secret',
  STS_CLIENT_SECRET: 'sts-demo-secret',
  REPORTS_API_KEY: 'reports-demo-key',
};
const secretsOf = async (folder: string): Promise<Readonly<Record<string, string>>> =>
  JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8')) as Readonly<Record<string, string>>;

/** Who is signed in there, as its operator sees it. */
const signedIn = async (folder: string): Promise<unknown> => {
  const { code, stdout, stderr } = await stored.patiently(['sessions', '--json', '--state', folder]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { sessions } = JSON.parse(stdout) as { readonly sessions: readonly { readonly account: unknown }[] };
  return sessions.map(({ account }) => account);
};
const ALICE = [{ id: expect.any(String), name: 'Alice', email: 'alice@acme.example' }];

describe('an installation moves into `gatehouse up`, and from there to another place', () => {
  test('a backup of databases is restored into a state folder that is made for it', async () => {
    const made = stored.path('of-databases');
    expect(await stored.patiently(['backup', made])).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout, stderr } = await stored.patiently(['restore', made, '--state', state()]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Restored.');
    expect(await signedIn(state())).toEqual(ALICE);
  });

  test('its keys and files are in a sealed backup, and come back with it where nothing was', async () => {
    const made = stored.path('of-state');
    const backedUp = await stored.patiently(['backup', made, '--state', state(), '--json'], {
      ...others,
      ...SEALED,
    });
    expect(backedUp.code).toBe(0);
    expect(JSON.parse(backedUp.stdout)).toMatchObject({
      encrypted: true,
      holdsKeys: true,
      files: ['gatehouse.yaml', 'keys/vault.key'],
    });
    expect(backedUp.stderr).toContain('Without its passphrase nobody can restore it');
    const place = stored.path('new/place');
    const to = ['--state', join(place, '.gatehouse'), '--config', join(place, 'gatehouse.yaml')];
    const environment = { ...stored.environment, ...SEALED };
    const restored = await gatehouse(['restore', made, ...to], environment);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(join(place, 'keys/vault.key'), 'utf8')).toBe(
      stored.keys.TOKEN_VAULT_KEY_ENCRYPTION_KEY,
    );
    expect((await stat(join(place, 'keys/vault.key'))).mode & 0o077).toBe(0);
    expect(await signedIn(join(place, '.gatehouse'))).toEqual(ALICE);
    const [before, after] = [await secretsOf(state()), await secretsOf(join(place, '.gatehouse'))];
    expect(after['vaultRequestKey']).toBe(before['vaultRequestKey']);
    // Passwords belong to the database server that they were made for.
    expect(after['tokenVaultDatabasePassword']).not.toBe(before['tokenVaultDatabasePassword']);
  });

  test('--without-keys: rows alone, which need no passphrase', async () => {
    const made = stored.path('without-keys');
    const { code, stdout } = await stored.patiently([
      'backup',
      made,
      '--state',
      state(),
      '--without-keys',
      '--json',
    ]);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { encrypted: false, holdsKeys: false, files: [] }]);
  });

  test('while its gateway runs it is backed up from the Postgres that runs, and nothing is restored below it', async () => {
    const running = StateFolder.open(state());
    const processes = new Processes(running.path('logs'));
    try {
      const backup = ['backup', stored.path('of-running'), '--state', state(), '--without-keys'];
      // Its databases are somebody else's server: this one does not run.
      const elsewhere = await stored.run(backup);
      expect([elsewhere.code, elsewhere.stderr]).toEqual([
        64,
        expect.stringContaining('uses a database of its own choice: name it by its configuration'),
      ]);
      await startPostgres(running, processes, await freePort());
      expect(await stored.patiently(backup)).toMatchObject({ code: 0, stderr: '' });
      const restore = ['restore', stored.path('of-running'), '--state', state(), '--replace'];
      const { code, stderr } = await stored.run(restore);
      expect([code, stderr]).toEqual([75, expect.stringContaining('is already running')]);
    } finally {
      await processes.stop();
      running.release();
    }
    expect(await signedIn(state())).toEqual(ALICE);
  });

  test('a restore that is refused leaves neither a state folder nor a file', async () => {
    const place = stored.path('refused');
    const to = ['--state', join(place, '.gatehouse'), '--config', join(place, 'gatehouse.yaml')];
    // The key of the authorization server is another one here.
    const environment = {
      ...stored.environment,
      ...SEALED,
      AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY: newKey(),
    };
    const { code, stderr } = await gatehouse(['restore', stored.path('of-state'), ...to], environment);
    expect([code, stderr]).toEqual([
      78,
      expect.stringContaining(
        '"demonstration" of authorization-server, which the configuration does not have',
      ),
    ]);
    await expect(stat(place)).rejects.toThrow('ENOENT');
  });

  test('a file that cannot be written stops the restore before a database is touched', async () => {
    const place = stored.path('blocked');
    await mkdir(place);
    await stored.write('blocked/keys', 'a file where a folder has to be');
    const to = ['--state', join(place, '.gatehouse'), '--config', join(place, 'gatehouse.yaml')];
    const { code, stderr } = await gatehouse(['restore', stored.path('of-state'), ...to], {
      ...stored.environment,
      ...SEALED,
    });
    expect([code, stderr]).toEqual([
      73,
      expect.stringMatching(/gatehouse\.yaml and its files cannot be written to .*: a file is in its place/),
    ]);
    expect(await readdir(place)).toEqual(['keys']);
  });

  test('what the configuration names elsewhere is not in the backup, and is named', async () => {
    const elsewhere = stored.path('elsewhere');
    await mkdir(elsewhere);
    await cp(stored.path('keys/vault.key'), join(elsewhere, 'vault.key'));
    const text = await readFile(stored.config, 'utf8');
    await mkdir(stored.path('moved'));
    const config = await stored.write(
      'moved/gatehouse.yaml',
      text.replace('file: keys/vault.key', `file: ${join(elsewhere, 'vault.key')}`),
    );
    const args = ['backup', stored.path('of-moved'), '--state', state()];
    const { code, stdout } = await stored.patiently(args, { ...others, ...SEALED }, config);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'Not in the backup, because they lie elsewhere: ../elsewhere/vault.key. Keep them.',
    );
    await rm(elsewhere, { recursive: true });
  });
});
