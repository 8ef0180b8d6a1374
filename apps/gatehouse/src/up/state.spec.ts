import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { StateFolder } from './state.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('secrets are made once, kept, and readable by their owner only', () => {
  const first = StateFolder.open(folder);
  first.release();
  const second = StateFolder.open(folder);
  expect(second.secrets).toEqual(first.secrets);
  expect([first.isReused, second.isReused]).toEqual([false, true]);
  expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  expect(new Set(Object.values(first.secrets)).size).toBe(Object.keys(first.secrets).length);
});

test('a key-encryption key is exactly 32 bytes', () => {
  const { secrets } = StateFolder.open(folder);
  expect(Buffer.from(secrets.tokenVaultKeyEncryptionKey, 'base64url')).toHaveLength(32);
});

test('a second start on the same state is told who holds it', () => {
  StateFolder.open(folder);
  expect(() => StateFolder.open(folder)).toThrow(`already running (process ${process.pid})`);
});

test.each([
  ['a dead process', JSON.stringify({ pid: 2 ** 22 + 1, began: '1' })],
  [
    'a process number that was given to another program since',
    JSON.stringify({ pid: process.pid, began: '1' }),
  ],
  ['a torn write', '{"pid'],
])('a lock left behind by %s does not block', (_case, lock) => {
  writeFileSync(join(folder, 'lock'), lock);
  expect(StateFolder.open(folder).folder).toBe(folder);
});
