import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

test('secrets that others replace stay beside them, however often, and can be put back', () => {
  const state = StateFolder.open(folder);
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const original = read('secrets.json');
  state.keepSecrets({ tokenVaultKeyEncryptionKey: 'another' });
  const replaced = read('secrets.json');
  expect(replaced).toContain('another');
  // A second restore, which comes to nothing.
  state.keepSecrets({ tokenVaultKeyEncryptionKey: 'a third' })();
  expect(read('secrets.json')).toBe(replaced);
  expect(read('secrets.before-restore.json')).toBe(original);
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

test('the logs of the start before are kept, those of earlier ones are not', () => {
  for (const text of ['first', 'second', 'third']) {
    const state = StateFolder.open(folder);
    writeFileSync(state.path('logs', 'service.log'), text);
    state.release();
  }
  expect(readFileSync(join(folder, 'logs', 'service.log'), 'utf8')).toBe('third');
  expect(readFileSync(join(folder, 'logs.before', 'service.log'), 'utf8')).toBe('second');
});

test('a secret that an earlier version did not have is made, the others stay', () => {
  const first = StateFolder.open(folder);
  first.release();
  const { reportsApiKey, ...older } = first.secrets;
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify({ ...older, ofALaterVersion: 'x' }));
  const { secrets } = StateFolder.open(folder);
  expect(secrets).toMatchObject(older);
  expect(secrets.reportsApiKey).toMatch(/^[\w-]{43}$/);
  expect(secrets.reportsApiKey).not.toBe(reportsApiKey);
  expect(JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8'))).toEqual(secrets);
});

test.each(['', '{"postgresPassword": "x', 'null', '[]', '"text"'])(
  'secrets that are damaged (%j) are not made anew: what they sealed would be lost',
  (text) => {
    const file = join(folder, 'secrets.json');
    writeFileSync(file, text);
    expect(() => StateFolder.open(folder)).toThrow(/secrets\.json is damaged/);
    expect(readFileSync(file, 'utf8')).toBe(text);
    // The next start, when it is mended, is not told that somebody holds the folder.
    writeFileSync(file, '{}');
    expect(StateFolder.open(folder).isReused).toBe(true);
  },
);

test('a folder that cannot be made, or whose lock is something else, is said in words', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const wrong of [file, join(file, 'below')])
    expect(() => StateFolder.open(wrong)).toThrow(`The state folder ${wrong} cannot be used: `);
  mkdirSync(join(folder, 'lock'));
  expect(() => StateFolder.open(folder)).toThrow(`The state folder ${folder} cannot be used: `);
});
