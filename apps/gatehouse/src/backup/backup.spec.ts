import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { StoredInstallation } from '../stored-installation.fixture.js';
import { gatehouse } from '../terminal.fixture.js';

const PASSPHRASE = 'correct horse battery staple';

let stored: StoredInstallation;
let alice: string;
beforeAll(async () => {
  stored = await StoredInstallation.start();
  // Backslashes, tabs and lines mean something in what Postgres copies.
  alice = await stored.person({
    name: 'Alice\t\\N\nof Acme',
    email: 'alice@acme.example',
    subject: 'acme-a',
  });
  const tsid = await stored.session(alice);
  await stored.connection(alice, { tsid, subject: 'octo-a', scopes: ['repo', 'read:user'] });
  await stored.custody(3);
});
afterAll(() => stored.close());

const names = async (): Promise<readonly unknown[]> =>
  await stored.query('authorization-server', 'select name from accounts order by created_at');

/** What the command says when it is refused. */
const refused = async (args: readonly string[], changed: Readonly<Record<string, string>> = {}) => {
  const { code, stderr } = await stored.patiently(args, changed);
  return [code, stderr];
};

describe('gatehouse backup', () => {
  test('says how much it copied, what is not in it, and how to try it', async () => {
    const made = stored.path('made');
    const { code, stdout, stderr } = await stored.patiently(['backup', made]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^authorization-server +\d+ tables, 3 rows, \d+ bytes packed$/m);
    // A connection, its session, which connection the session has, three entries.
    expect(stdout).toMatch(/^token-vault +\d+ tables, 6 rows, \d+ bytes packed$/m);
    expect(stdout).toMatch(
      /^Not encrypted: names and addresses of people can be read in it. Set GATEHOUSE_BACKUP_PASSPHRASE/m,
    );
    expect(stdout).toContain(`restore ${made} --check`);
    expect(await names()).toHaveLength(1);
    // Nothing half is left beside it, and nobody else may look into it.
    const beside = (await readdir(stored.folder)).filter((name) => name.startsWith('made'));
    expect(beside).toEqual(['made']);
    expect((await stat(made)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(made, { recursive: true, withFileTypes: true }))
      expect((await stat(join(file.parentPath, file.name))).mode & 0o077).toBe(0);
  });

  test('attack: what somebody has put where a half backup would be is neither used nor thrown away', async () => {
    const made = stored.path('planted');
    await mkdir(`${made}.partial`);
    await writeFile(join(`${made}.partial`, 'kept'), 'kept');
    expect(await stored.patiently(['backup', made])).toMatchObject({ code: 0 });
    expect(await readdir(`${made}.partial`)).toEqual(['kept']);
  });

  test('takes the place of an empty folder, and of nothing else', async () => {
    const empty = stored.path('empty');
    await mkdir(empty);
    expect(await stored.patiently(['backup', empty])).toMatchObject({ code: 0 });
    expect(await refused(['backup', empty])).toEqual([
      73,
      expect.stringContaining(`${empty} is there already. Name a new folder: gatehouse backup ${empty}-2`),
    ]);
    const file = await stored.write('a-file', 'kept');
    expect(await refused(['backup', file])).toEqual([73, expect.stringContaining('is there already')]);
    expect(await readFile(file, 'utf8')).toBe('kept');
  });

  test.each(['a-target', 'nowhere'])('a link to %s is refused before anything is copied', async (target) => {
    if (target === 'a-target') await mkdir(stored.path(target));
    const link = stored.path(`link-to-${target}`);
    await symlink(stored.path(target), link);
    expect(await refused(['backup', link])).toEqual([
      73,
      expect.stringContaining(
        `${link} is a symbolic link, and a backup is a folder of its own. Name a new folder`,
      ),
    ]);
    const there = (await readdir(stored.folder)).filter((name) => name.startsWith(`link-to-${target}`));
    expect(there).toEqual([`link-to-${target}`]);
  });

  test('where nothing can be made, says why and leaves nothing', async () => {
    const below = join(await stored.write('in-the-way', ''), 'made');
    expect(await refused(['backup', below])).toEqual([
      73,
      expect.stringMatching(/The backup cannot be written to .*: a file is in its place\. Name another/),
    ]);
  });

  test('of what: a configuration or a state folder has to be named', async () => {
    const said = await gatehouse(['backup', stored.path('of-nothing')], stored.environment);
    expect([said.code, said.stderr]).toEqual([64, expect.stringContaining('--state .gatehouse')]);
    const none = ['backup', stored.path('of-none'), '--state', stored.folder, '--without-keys'];
    expect(await refused(none)).toEqual([
      66,
      expect.stringContaining('is no state folder of `gatehouse up`'),
    ]);
    const keys = ['backup', stored.path('of-keys'), '--state', stored.folder];
    expect(await refused(keys)).toEqual([
      64,
      expect.stringMatching(/only if it is encrypted: set GATEHOUSE_BACKUP_PASSPHRASE, .*--without-keys/),
    ]);
  });

  test.each([
    ['short', 64, 'The passphrase has fewer than 16 characters'],
    // A variable that is set and empty stands for none.
    ['', 0, ''],
  ])('with the passphrase %j: exit code %d', async (passphrase, code, said) => {
    const to = stored.path(`with-${passphrase.length}`);
    expect(await refused(['backup', to], { GATEHOUSE_BACKUP_PASSPHRASE: passphrase })).toEqual([
      code,
      expect.stringContaining(said),
    ]);
  });

  test('a passphrase file that is empty or cannot be read is refused: its backup would be open', async () => {
    const empty = await stored.write('empty-passphrase', '\n');
    expect(await refused(['backup', stored.path('x'), '--passphrase-file', empty])).toEqual([
      64,
      expect.stringContaining('fewer than 16 characters'),
    ]);
    expect(await refused(['backup', stored.path('x'), '--passphrase-file', stored.path('nowhere')])).toEqual([
      66,
      expect.stringMatching(/The passphrase file .*nowhere cannot be read/),
    ]);
    await expect(stat(stored.path('x'))).rejects.toThrow('ENOENT');
  });

  test('sealed: nothing of it can be read, and only its passphrase opens it', async () => {
    const made = stored.path('sealed');
    const file = await stored.write('passphrase', `${PASSPHRASE}\n`);
    const backedUp = await stored.patiently(['backup', made, '--passphrase-file', file]);
    expect(backedUp).toMatchObject({ code: 0, stderr: '' });
    expect(backedUp.stdout).toContain('Encrypted. Keys of the services are not in it');
    for (const entry of await readdir(made, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const text = await readFile(join(entry.parentPath, entry.name), 'latin1');
      expect(text).not.toMatch(/alice@acme|octo-a/);
    }
    const check = ['restore', made, '--check'];
    expect(await refused(check)).toEqual([64, expect.stringContaining('The backup is encrypted')]);
    const other = { GATEHOUSE_BACKUP_PASSPHRASE: 'another one, as long' };
    expect(await refused(check, other)).toEqual([66, expect.stringContaining('The passphrase is another')]);
    const right = await stored.patiently(check, { GATEHOUSE_BACKUP_PASSPHRASE: PASSPHRASE });
    expect(right).toMatchObject({ code: 0, stderr: '' });
    expect(right.stdout).toMatch(/^Backup of demo, made \S+ by Gatehouse \S+$/m);
    expect(right.stdout).toContain('Every file is as it was written.');
    expect(right.stdout).not.toContain('Not encrypted');
  });
});

describe('gatehouse restore', () => {
  const made = (): string => stored.path('to-restore');
  beforeAll(async () => {
    expect(await stored.patiently(['backup', made()])).toMatchObject({ code: 0 });
  });

  test('puts back what was there, as it was, and takes away what came after', async () => {
    const of = async (service: 'authorization-server' | 'token-vault', table: string) =>
      await stored.query(service, `select * from ${table} order by 1`);
    const kept = [
      ['authorization-server', 'accounts'],
      ['authorization-server', 'identities'],
      ['authorization-server', 'sessions'],
      ['token-vault', 'connections'],
      ['token-vault', 'session_connections'],
      ['token-vault', 'custody_log'],
    ] as const;
    const before = await Promise.all(kept.map(async ([service, table]) => await of(service, table)));
    await stored.person({ name: 'came after' });
    await stored.query('token-vault', 'delete from connections');
    const { code, stdout, stderr } = await stored.patiently(['restore', made(), '--replace']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Not encrypted: whoever could write to it could change it.');
    expect(stdout).toMatch(/^Restored\.\nCustody log: 3 entries in 1 chains verify\.$/m);
    expect(await Promise.all(kept.map(async ([service, table]) => await of(service, table)))).toEqual(before);
  });

  test('a database with rows is left alone without --replace', async () => {
    expect(await refused(['restore', made()])).toEqual([
      73,
      expect.stringContaining('The database of authorization-server is not empty. Nothing was restored.'),
    ]);
  });

  test('nothing is restored below a service that is connected', async () => {
    const vault = await stored.connected('token-vault', 'gatehouse-token-vault');
    try {
      const { code, stderr } = await stored.run(['restore', made(), '--replace']);
      expect([code, stderr]).toEqual([
        75,
        expect.stringContaining('Services use the database of token-vault (gatehouse-token-vault)'),
      ]);
      expect(await names()).toHaveLength(1);
    } finally {
      await vault.end();
    }
  });

  test('where to: a configuration or a state folder has to be named', async () => {
    const said = await gatehouse(['restore', made()], stored.environment);
    expect([said.code, said.stderr]).toEqual([64, expect.stringContaining('Say where to')]);
  });

  test('what is no backup is named, and why', async () => {
    expect(await refused(['restore', stored.folder])).toEqual([
      66,
      expect.stringContaining(`${stored.folder} is no backup: it has no manifest`),
    ]);
    const folders = stored.path('folders');
    await mkdir(join(folders, 'manifest.json'), { recursive: true });
    expect(await refused(['restore', folders])).toEqual([
      66,
      expect.stringContaining('is no backup: a folder is in the place of a file'),
    ]);
    const old = stored.path('old');
    await mkdir(old);
    await writeFile(join(old, 'manifest.json'), '{"format":"gatehouse-backup/0"}');
    expect(await refused(['restore', old])).toEqual([
      66,
      expect.stringContaining('is not the manifest of a backup that this release knows'),
    ]);
  });

  test.each([
    ['another gateway', /^name: .*$/m, 'name: another', 'The backup is of the gateway demo, and the'],
    [
      'a key with another id',
      'id: demonstration, env: TOKEN',
      'id: next, env: TOKEN',
      'the key-encryption key',
    ],
  ])('%s is refused before anything is touched: exit code 78', async (_, from, to, said) => {
    const text = (await readFile(stored.config, 'utf8')).replace(from, to);
    const config = await stored.write('other.yaml', text);
    const { code, stderr } = await stored.patiently(['restore', made(), '--replace'], {}, config);
    expect([code, stderr]).toEqual([78, expect.stringContaining(said)]);
    expect(await names()).toHaveLength(1);
  });

  test('a role that does not own the tables restores nothing, and is told which one does', async () => {
    const { adminUrl, schema } = stored.databases['token-vault'];
    const asOther = new URL(adminUrl.reveal());
    // The authorization server's role, in the vault's database.
    asOther.username = 'authorization_server';
    asOther.password = 'test';
    expect(schema).toBe('token_vault');
    expect(
      await refused(['backup', stored.path('as-other')], { TOKEN_VAULT_DATABASE_URL: asOther.href }),
    ).toEqual([
      1,
      expect.stringMatching(/The database of token-vault refused: .*\. Nothing was changed\. Name the role/),
    ]);
  });
});
