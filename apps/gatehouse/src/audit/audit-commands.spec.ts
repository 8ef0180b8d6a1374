import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chainAt, insertEntries } from '@gatehouse/testing/custody-rows';
import { freePort } from '@gatehouse/testing/free-port';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { gatehouse } from '../terminal.fixture.js';
import { Audited } from './audit.fixture.js';

let audited: Audited;
beforeAll(async () => {
  audited = await Audited.start();
  await audited.fill(4);
});
afterAll(() => audited.close());

const archive = (
  directory: string,
  more: readonly string[] = [],
  changed: Readonly<Record<string, string>> = {},
) =>
  gatehouse(
    ['audit', 'archive', '--config', audited.config, '--directory', directory, '--before', '1d', ...more],
    { ...audited.environment, ...changed },
  );
const verify = (more: readonly string[] = [], changed: Readonly<Record<string, string>> = {}) =>
  gatehouse(['audit', 'verify', '--config', audited.config, ...more], { ...audited.environment, ...changed });

describe('gatehouse audit', () => {
  test('archive says what it archived and which number to keep; verify says that all of it verifies', async () => {
    const { code, stdout, stderr } = await archive(audited.archives);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^archive 1 {2}custody_log\w* {2}\d+ entries {2}\d+ bytes {2}archived$/m);
    const [, last = ''] = /^The last archive is number (\d+)\. Keep this number/m.exec(stdout) ?? [];
    const archives = ['--archive', audited.archives];
    await expect(verify()).resolves.toMatchObject({ code: 0 });
    const all = await verify([...archives, '--offline', '--first', '1', '--last', last]);
    expect({ code: all.code, stderr: all.stderr }).toEqual({ code: 0, stderr: '' });
    expect(all.stdout).toMatch(/^archive 1 \(custody_log\w*\): \d+ entries, good$/m);
    expect(all.stdout).toMatch(/\nEverything verifies\.\n$/);
    const more = await verify([...archives, '--offline', '--last', String(Number(last) + 2)]);
    expect(more.code).toBe(2);
    expect(more.stdout).toContain(
      `FOUND  archives ${Number(last) + 1} to ${Number(last) + 2}: missing\n1 findings.`,
    );
  });

  test('--json says the same for programs: what was archived, what verifies, and each finding', async () => {
    const archived = await archive(audited.archives, ['--json']);
    expect(archived.code).toBe(0);
    const { archives, last, removed } = JSON.parse(archived.stdout) as {
      readonly archives: readonly unknown[];
      readonly last: number;
      readonly removed: boolean;
    };
    expect({ last, removed }).toEqual({ last: archives.length, removed: false });
    const partition: unknown = expect.stringMatching(/^custody_log/);
    const entries: unknown = expect.any(Number);
    expect(archives[0]).toEqual({ number: 1, partition, entries, bytes: expect.any(Number) });
    const good = await verify(['--json', '--archive', audited.archives]);
    expect([good.code, JSON.parse(good.stdout)]).toMatchObject([
      0,
      {
        verifies: true,
        database: { entries, chains: expect.any(Number), archives: 0 },
        archives: archives.map((_, index) => ({ number: index + 1, good: true })),
        findings: [],
      },
    ]);
    const offline = ['--json', '--archive', audited.archives, '--offline', '--last', String(last + 1)];
    const missing = await verify(offline);
    expect([missing.code, JSON.parse(missing.stdout)]).toMatchObject([
      2,
      { verifies: false, database: null, findings: [{ where: `archive ${last + 1}`, what: 'missing' }] },
    ]);
    expect(missing.stderr).toContain('1 findings.');
  });

  test('verify finds what only looks like a manifest, and one of a key that is not configured', async () => {
    const [one = ''] = (await readdir(audited.archives))
      .filter((name) => name.endsWith('.manifest.json'))
      .sort();
    const folder = join(audited.folder, 'copies');
    await mkdir(folder);
    await writeFile(join(folder, 'other.manifest.json'), '{"number": 1}');
    const text = await readFile(join(audited.archives, one), 'utf8');
    await writeFile(join(folder, 'unknown.manifest.json'), text.replace('"demonstration"', '"another"'));
    const { code, stdout } = await verify(['--offline', '--archive', audited.archives, folder]);
    expect(code).toBe(2);
    expect(stdout).toContain(`FOUND  ${folder}/other.manifest.json: is not a manifest`);
    expect(stdout).toContain(
      `FOUND  ${folder}/unknown.manifest.json: was made with a key that is not configured`,
    );
  });

  test('verify finds two archives with one number, and one that is not what the database removed', async () => {
    const [oldest] = await audited.admin<{ at: Date }>('select min(at) as at from custody_log');
    await insertEntries(audited.database.url, chainAt(audited.key, [oldest?.at ?? new Date()]));
    const second = join(audited.folder, 'second');
    await expect(archive(second, ['--remove'])).resolves.toMatchObject({ code: 0 });
    const both = await verify(['--offline', '--archive', audited.archives, second]);
    expect(both.code).toBe(2);
    expect(both.stdout).toMatch(/FOUND .*: has the number 1 of archive 1 \(custody_log\w*\)/);
    const former = await verify(['--archive', audited.archives]);
    expect(former.code).toBe(2);
    expect(former.stdout).toMatch(/FOUND {2}archive 1 .*: is another one than the database removed/);
    await expect(verify(['--archive', second])).resolves.toMatchObject({ code: 0 });
  });

  test('verify finds a manifest that somebody put in the place of another in the database', async () => {
    const swap = `set session_replication_role = replica; update custody_archives set number = 3 - number where number in (1, 2)`;
    await audited.admin(swap.replace('3 - number', 'number - 10'));
    await audited.admin(swap.replace('3 - number', '-7 - number').replace('(1, 2)', '(-9, -8)'));
    const { code, stdout } = await verify();
    expect([code, stdout]).toEqual([
      2,
      expect.stringMatching(/archive 2 .*: its manifest is of another archive/),
    ]);
    await audited.admin(swap.replace('3 - number', 'number - 10'));
    await audited.admin(swap.replace('3 - number', '-7 - number').replace('(1, 2)', '(-9, -8)'));
    await expect(verify()).resolves.toMatchObject({ code: 0 });
  });
});

describe('gatehouse audit says what is in its way', () => {
  test.each([
    [['--offline'], '--offline needs the archives'],
    [['--head', 'replica-1:3'], '--head takes <replicaId>:<sequence>'],
    [['--head', `${'a'.repeat(36)}:`], '--head takes <replicaId>:<sequence>'],
  ])('verify %j: exit code 64', async (more, said) => {
    const { code, stderr } = await verify(more);
    expect([code, stderr]).toEqual([64, expect.stringContaining(said)]);
  });

  test('archive --before yesterday: exit code 64', async () => {
    const { code, stderr } = await archive(audited.archives, ['--before', 'yesterday']);
    expect([code, stderr]).toEqual([64, expect.stringContaining('a duration such as 30d, or a date')]);
  });

  test('archives that are not there: exit code 66', async () => {
    const nowhere = join(audited.folder, 'nowhere');
    const { code, stderr } = await verify(['--offline', '--archive', nowhere]);
    expect([code, stderr]).toEqual([66, expect.stringContaining(`The archives in ${nowhere} do not exist`)]);
  });

  test('a folder that cannot be written: exit code 73, and everything stays in the database', async () => {
    const file = join(audited.folder, 'file');
    await writeFile(file, '');
    await insertEntries(audited.database.url, chainAt(audited.key, [new Date('2026-02-03T10:00:00Z')]));
    for (const directory of [file, join(file, 'below')]) {
      const { code, stderr } = await archive(directory, ['--remove']);
      expect([code, stderr]).toEqual([
        73,
        expect.stringContaining(`The folder ${directory} cannot be written: `),
      ]);
    }
    await expect(verify()).resolves.toMatchObject({ code: 0 });
  });

  test('a key that is not there: exit code 78', async () => {
    const { code, stderr } = await verify([], { TOKEN_VAULT_KEY_ENCRYPTION_KEY: '' });
    expect([code, stderr]).toEqual([78, expect.stringContaining('TOKEN_VAULT_KEY_ENCRYPTION_KEY is empty')]);
  });

  test('a database that is away: exit code 75, without its password', async () => {
    const url = `postgres://someone:hidden-password@127.0.0.1:${await freePort()}/gatehouse`;
    for (const { code, stderr } of [
      await verify([], { OWNER_URL: url }),
      await archive(audited.archives, [], { OWNER_URL: url }),
    ]) {
      expect([code, stderr]).toEqual([75, expect.stringContaining('nothing listens there (ECONNREFUSED)')]);
      expect(stderr).not.toContain('hidden-password');
    }
  });

  test('a database that was not migrated: which command to run', async () => {
    const empty = await startTestDatabase('token-vault', { before: '0' });
    try {
      const { code, stderr } = await verify([], { OWNER_URL: empty.url.reveal() });
      expect([code, stderr]).toEqual([1, expect.stringContaining('run `gatehouse migrate` first')]);
    } finally {
      await empty.close();
    }
  });

  test('a role that may not read the log', async () => {
    const other = await startTestDatabase('authorization-server', { before: '0' });
    try {
      const url = new URL(audited.database.adminUrl.reveal());
      [url.username, url.password] = [other.schema, 'test'];
      const { code, stderr } = await verify([], { OWNER_URL: url.href });
      expect([code, stderr]).toEqual([1, expect.stringContaining('or name the role that owns the log')]);
    } finally {
      await other.close();
    }
  });

  test('a database that goes away in between: exit code 75, and that nothing is lost', async () => {
    const [oldest] = await audited.admin<{ name: string }>(
      `select tableoid::regclass::text as name from custody_log order by at limit 1`,
    );
    const blocker = new pg.Client({
      connectionString: audited.database.adminUrl.reveal(),
      options: '-c search_path=token_vault',
    });
    await blocker.connect();
    try {
      await blocker.query(`begin; lock table ${oldest?.name ?? ''} in access exclusive mode`);
      const verifying = verify();
      const waiting = `from pg_stat_activity where application_name = 'gatehouse-audit' and wait_event_type = 'Lock' and datname = current_database()`;
      await until(async () => (await audited.admin(`select ${waiting}`)).length > 0);
      await audited.admin(`select pg_terminate_backend(pid) ${waiting}`);
      const { code, stderr } = await verifying;
      expect([code, stderr]).toEqual([75, expect.stringMatching(/cannot be used now: .*Nothing is lost/)]);
    } finally {
      await blocker.end();
    }
  });
});
