import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { reachableFolder } from './embedded-postgres.js';

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
