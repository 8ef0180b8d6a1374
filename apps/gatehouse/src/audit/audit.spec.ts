import { cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { chainAt, insertEntries } from '@gatehouse/testing/custody-rows';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseBefore } from './archive.js';
import { Audited } from './audit.fixture.js';
import { FOUND } from './verify.js';

const DAYS = 5;

let audited: Audited;
let entries: number;

beforeEach(async () => {
  audited = await Audited.start();
  entries = await audited.fill(DAYS);
});

afterEach(() => audited.close());

const rowsLeft = async () => {
  const [row] = await audited.admin<{ count: string }>('select count(*) from custody_log');
  return Number(row?.count);
};

const numbersIn = (text: string) =>
  [...text.matchAll(/^archive (\d+) /gm)].map(([, number]) => Number(number));

describe('an archived custody log', () => {
  test('is exported, read back, removed, and verifies online, offline and both together', async () => {
    const { code, text } = await audited.archive({ remove: true });
    expect(code).toBe(0);
    // Yesterday is not closed yet.
    expect(numbersIn(text)).toEqual([1, 2, 3, 4]);
    const left = await rowsLeft();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(entries);
    const archived = [...text.matchAll(/ (\d+) entries /g)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
    expect(archived + left).toBe(entries);

    await expect(audited.verify()).resolves.toMatchObject({ code: 0 });
    await expect(audited.verify({ archives: [audited.archives] })).resolves.toMatchObject({ code: 0 });
    // With the key alone, where there is no database.
    const { TOKEN_VAULT_KEY_ENCRYPTION_KEY } = audited.environment;
    const offline = { archives: [audited.archives], offline: true, last: 4 };
    await expect(
      audited.verify(offline, { TOKEN_VAULT_KEY_ENCRYPTION_KEY: TOKEN_VAULT_KEY_ENCRYPTION_KEY ?? '' }),
    ).resolves.toMatchObject({ code: 0 });
  });

  test('is taken away only when asked, and twice is once', async () => {
    await audited.archive();
    expect(await rowsLeft()).toBe(entries);
    const first = await snapshot();
    await audited.archive({ remove: true });
    expect(await snapshot()).toEqual(first);
    expect(await rowsLeft()).toBeLessThan(entries);
    const { code, text } = await audited.archive({ remove: true });
    expect([code, text]).toEqual([0, expect.stringContaining('No partition ended before')]);
    await expect(audited.verify({ archives: [audited.archives] })).resolves.toMatchObject({ code: 0 });
  });

  test('holds rows of days without a partition, which got theirs before', async () => {
    const late = chainAt(audited.key, [new Date('2026-02-03T10:00:00Z'), new Date('2026-02-04T10:00:00Z')]);
    await insertEntries(audited.database.url, late);
    const { text } = await audited.archive({ remove: true });
    expect(text).toContain('custody_log_20260203');
    expect(text).toContain('custody_log_20260204');
    // And again, when such a day is archived already.
    await insertEntries(audited.database.url, chainAt(audited.key, [new Date('2026-02-03T11:00:00Z')]));
    await expect(audited.archive({ remove: true })).resolves.toMatchObject({ code: 0 });
    await expect(audited.verify({ archives: [audited.archives] })).resolves.toMatchObject({ code: 0 });
  });

  test('goes on: what is archived later follows what was archived before, also in another folder', async () => {
    await audited.archive({ remove: true, before: '4d' });
    const directory = join(audited.folder, 'later');
    await audited.archive({ remove: true, directory });
    const archives = [audited.archives, directory];
    await expect(audited.verify({ archives })).resolves.toMatchObject({ code: 0 });
    // The first ones are in a vault of another kind.
    const first = (await readdir(audited.archives)).length / 2 + 1;
    await expect(audited.verify({ archives: [directory], first })).resolves.toMatchObject({ code: 0 });
    const { code, text } = await audited.verify({ archives: [directory] });
    expect([code, text]).toEqual([FOUND, expect.stringMatching(/FOUND {2}archives? 1.*: missing/)]);
  });

  const snapshot = async () => {
    const names = (await readdir(audited.archives)).sort();
    return await Promise.all(
      names.map(async (name) => [name, await readFile(join(audited.archives, name), 'base64')]),
    );
  };
});

describe('verification finds and names', () => {
  let files: readonly string[];
  let manifests: readonly string[];
  const path = (name: string | undefined) => join(audited.archives, name ?? 'none');

  beforeEach(async () => {
    await audited.archive({ remove: true });
    const names = (await readdir(audited.archives)).sort();
    files = names.filter((name) => name.endsWith('.gz'));
    manifests = names.filter((name) => name.endsWith('.json'));
  });

  const found = async (options = {}) => {
    const { code, text } = await audited.verify({ archives: [audited.archives], ...options });
    expect(code).toBe(FOUND);
    return text;
  };
  const offline = { offline: true };
  const rewrite = async (name: string | undefined, change: (lines: string[]) => string[]) => {
    const lines = gunzipSync(await readFile(path(name)))
      .toString()
      .trimEnd()
      .split('\n');
    await writeFile(path(name), gzipSync(`${change(lines).join('\n')}\n`));
  };

  test('a missing file', async () => {
    await rm(path(files[1]));
    expect(await found(offline)).toContain(`${files[1] ?? ''}: missing`);
  });

  test('a missing archive in the middle', async () => {
    await rm(path(files[1]));
    await rm(path(manifests[1]));
    expect(await found(offline)).toContain('archive 2: missing');
  });

  test('a lost last archive, by the database or by its number', async () => {
    await rm(path(files.at(-1)));
    await rm(path(manifests.at(-1)));
    expect(await found()).toContain(`archive ${files.length}: missing`);
    expect(await found({ ...offline, last: files.length })).toContain(`archive ${files.length}: missing`);
  });

  test('a changed byte', async () => {
    const bytes = await readFile(path(files[0]));
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
    await writeFile(path(files[0]), bytes);
    expect(await found(offline)).toMatch(/archive 1 .*(cannot be unpacked|is not what was written)/);
  });

  test('a changed entry in a file that was packed again', async () => {
    await rewrite(files[1], (lines) =>
      lines.map((line, at) => (at === 2 ? line.replace('directory', 'tickets') : line)),
    );
    expect(await found(offline)).toMatch(/archive 2 .*: chain [\da-f-]{36}: entry \d+ altered/);
  });

  test('a removed row', async () => {
    await rewrite(files[1], (lines) => lines.filter((_line, at) => at !== 1));
    expect(await found(offline)).toMatch(/archive 2 .*: chain [\da-f-]{36}: entry \d+ missing/);
  });

  test('a truncated file', async () => {
    const { length } = await readFile(path(files[2]));
    await truncate(path(files[2]), Math.floor(length / 2));
    expect(await found(offline)).toMatch(/archive 3 .*cannot be unpacked/);
  });

  test('a truncated tail in a file that was packed again', async () => {
    await rewrite(files[2], (lines) => lines.slice(0, -1));
    expect(await found(offline)).toMatch(/archive 3 .*: chain [\da-f-]{36}: entry \d+ missing/);
  });

  test('files that changed places', async () => {
    await rename(path(files[0]), path('aside'));
    await rename(path(files[1]), path(files[0]));
    await rename(path('aside'), path(files[1]));
    const text = await found(offline);
    expect(text).toMatch(/archive 1 .*is not what was written/);
    expect(text).toMatch(/archive 2 .*is not what was written/);
  });

  test('a changed manifest, whatever was changed in it', async () => {
    const text = await readFile(path(manifests[0]), 'utf8');
    await writeFile(path(manifests[0]), text.replace('"number": 1', '"number": 9'));
    expect(await found(offline)).toContain(
      `${manifests[0] ?? ''}: is not what was written: its MAC is wrong`,
    );
  });

  test('another key', async () => {
    const other = { ...audited.environment, TOKEN_VAULT_KEY_ENCRYPTION_KEY: 'A'.repeat(42) + 'Q' };
    const { code, text } = await audited.verify({ archives: [audited.archives], offline: true }, other);
    expect([code, text]).toEqual([FOUND, expect.stringContaining('its MAC is wrong')]);
  });

  test('archives of another log among them', async () => {
    const other = await Audited.start();
    try {
      await other.fill(3);
      await other.archive({ remove: true });
      const folder = join(audited.folder, 'other');
      await cp(other.archives, folder, { recursive: true });
      expect(await found({ archives: [audited.archives, folder] })).toContain('its MAC is wrong');
    } finally {
      await other.close();
    }
  });

  test('online: a row that somebody took out behind the archives, and a chain that lost its end', async () => {
    const [head] = await audited.admin<{ replica: string; last: number }>(
      'select replica_id as replica, max(sequence) as last from custody_log group by 1 having count(*) > 2 order by 1 limit 1',
    );
    const { replica = '', last = 0 } = head ?? {};
    const heads = [`${replica}:${last}`];
    await expect(audited.verify({ heads })).resolves.toMatchObject({ code: 0 });
    const tamper = async (where: string) =>
      await audited.admin(
        `set session_replication_role = replica; delete from custody_log where replica_id = '${replica}' and ${where}`,
      );
    await tamper(`sequence = ${last}`);
    await expect(audited.verify()).resolves.toMatchObject({ code: 0 });
    expect((await audited.verify({ heads })).text).toContain(`chain ${replica}: entry ${last} missing`);
    const [first] = await audited.admin<{ first: number }>(
      `select min(sequence) as first from custody_log where replica_id = '${replica}'`,
    );
    await tamper(`sequence = ${first?.first ?? 0}`);
    expect((await audited.verify()).text).toContain(`chain ${replica}: entry ${first?.first ?? 0} missing`);
  });

  test('online: an anchor that somebody made up, changed or took out', async () => {
    const without = async (text: string) =>
      await audited.admin(`set session_replication_role = replica; ${text}`);
    await without(
      `update custody_archives set manifest = replace(manifest, '"last": ', '"last": 1') where number = 2`,
    );
    expect((await audited.verify()).text).toContain('database, archive 2');
    await without('delete from custody_archives where number = 2');
    const { code, text } = await audited.verify();
    expect([code, text]).toEqual([FOUND, expect.stringContaining('database, archive 2: missing')]);
    await expect(audited.archive({ remove: true })).rejects.toThrow('list of archives is not whole');
  });
});

describe('archiving refuses', () => {
  test('to remove anything with the vault’s own role', async () => {
    const plain = await Audited.start({ hasOwner: false });
    try {
      await plain.fill(3);
      await expect(plain.archive({ remove: true })).rejects.toThrow('postgres.tokenVault.ownerUrl');
      // As the owner in name only.
      const { TOKEN_VAULT_DATABASE_URL = '' } = audited.environment;
      Object.assign(audited.environment, { OWNER_URL: TOKEN_VAULT_DATABASE_URL });
      await expect(audited.archive({ remove: true })).rejects.toThrow('belongs to another role');
      expect(await rowsLeft()).toBe(entries);
    } finally {
      await plain.close();
    }
  });

  test('what does not verify, and removes nothing', async () => {
    await audited.admin(
      `set session_replication_role = replica; update custody_log set backend = 'tickets' where sequence = 2`,
    );
    await expect(audited.archive({ remove: true })).rejects.toThrow(
      /does not verify: chain .* entry 2 altered/,
    );
    expect(await rowsLeft()).toBe(entries);
  });

  test('to write over an archive that is not of what the database has', async () => {
    await audited.archive();
    const [name = ''] = (await readdir(audited.archives)).filter((one) => one.endsWith('.manifest.json'));
    await writeFile(join(audited.archives, name), '{}');
    await expect(audited.archive({ remove: true })).rejects.toThrow('Nothing was overwritten or removed');
    expect(await rowsLeft()).toBe(entries);
  });

  test('a partition that got a row after it was exported', async () => {
    await audited.archive();
    const [at] = await audited.admin<{ at: Date }>('select min(at) as at from custody_log');
    await insertEntries(audited.database.url, chainAt(audited.key, [at?.at ?? new Date()]));
    await expect(audited.archive({ remove: true })).rejects.toThrow('Nothing was overwritten or removed');
  });

  test.each(['yesterday', '30', '-1d', '2026-13-01'])('--before %s', (before) => {
    expect(() => parseBefore(before, 0)).toThrow('--before takes');
  });

  test('days that are not over for a day yet', () => {
    const nowMs = Date.parse('2026-11-26T12:00:00Z');
    expect(parseBefore('1h', nowMs).toISOString()).toBe('2026-11-25T12:00:00.000Z');
    expect(parseBefore('2027-01-01', nowMs).toISOString()).toBe('2026-11-25T12:00:00.000Z');
    expect(parseBefore('30d', nowMs).toISOString()).toBe('2026-10-27T12:00:00.000Z');
  });
});
