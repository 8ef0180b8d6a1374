import { chmod, mkdir, mkdtemp, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { reachableFolder, restoreLibraryLinks } from './embedded-postgres.js';

const USER = { uid: 1, gid: 1 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-reachable-'));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'open'), { mode: 0o755 });
  await mkdir(join(folder, 'closed'), { mode: 0o700 });
});
afterAll(() => rm(folder, { recursive: true }));

test('whoever is not root keeps their folder, and so does root where others can pass', () => {
  expect(reachableFolder(join(folder, 'closed/data'), undefined)).toBe(join(folder, 'closed/data'));
  expect(reachableFolder(join(folder, 'open/data'), USER)).toBe(join(folder, 'open/data'));
});

test('a folder behind a door that only root may open has one place elsewhere, always the same one', () => {
  const moved = reachableFolder(join(folder, 'closed/data'), USER);
  expect(moved).toMatch(/^\/var\/lib\/gatehouse\/data-[0-9a-f]{16}$/);
  expect(reachableFolder(join(folder, 'closed/data'), USER)).toBe(moved);
  expect(reachableFolder(join(folder, 'closed/other'), USER)).not.toBe(moved);
  // Also when it is deeper than the door.
  expect(reachableFolder(join(folder, 'closed/deep/data'), USER)).toMatch(/^\/var\/lib\/gatehouse\//);
});

describe('links that a package of npm cannot hold', () => {
  /** As the package brings them: a list beside the files. */
  async function withLinks(links: readonly object[]): Promise<string> {
    const native = join(await mkdtemp(join(folder, 'links-')), 'native');
    await mkdir(join(native, 'lib'), { recursive: true });
    await writeFile(join(native, 'lib/libicu.so.60.2'), 'library');
    await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(links));
    return native;
  }

  test('are made where they are missing, and a second start leaves them', async () => {
    const native = await withLinks([
      { source: 'native/lib/libicu.so.60.2', target: 'native/lib/libicu.so' },
      { source: 'native/lib/libicu.so.60.2', target: 'native/lib/libicu.so.60' },
    ]);
    restoreLibraryLinks(native);
    restoreLibraryLinks(native);
    for (const name of ['libicu.so', 'libicu.so.60'])
      expect(await readlink(join(native, 'lib', name))).toBe('libicu.so.60.2');
  });

  test('do not lead out of their folder', async () => {
    const native = await withLinks([{ source: '../../etc/passwd', target: 'native/lib/libicu.so' }]);
    restoreLibraryLinks(native);
    await expect(readlink(join(native, 'lib/libicu.so'))).rejects.toThrow('ENOENT');
  });

  test('that this user may not make are said in words', async () => {
    const native = await withLinks([
      { source: 'native/away/libicu.so.60.2', target: 'native/away/libicu.so' },
    ]);
    expect(() => restoreLibraryLinks(native)).toThrow(/is not whole, and this user may not mend it/);
  });

  test('are none where the package has no list', () => {
    expect(() => restoreLibraryLinks(folder)).not.toThrow();
  });
});
