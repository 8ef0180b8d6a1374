import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { programOf } from '../paths.js';
import { StoredInstallation } from '../stored-installation.fixture.js';

let stored: StoredInstallation;
beforeAll(async () => {
  stored = await StoredInstallation.start();
  await stored.connection(await stored.person({ name: 'Alice' }), { subject: 'octo-a' });
});
afterAll(() => stored.close());

const started = (...args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> =>
  spawn(process.execPath, [programOf('gatehouse'), ...args, '--config', stored.config], {
    env: stored.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const beginningWith = async (name: string): Promise<readonly string[]> =>
  (await readdir(stored.folder)).filter((found) => found.startsWith(name));

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'attack: a backup that %s ends leaves nothing that can be read: exit code %d',
  async (signal, code) => {
    const name = `ended-by-${signal}`;
    const held = await stored.connected('token-vault');
    try {
      // It waits for this table when it has written others.
      await held.query('begin');
      await held.query('lock table connections in access exclusive mode');
      const child = started('backup', stored.path(name));
      const ended = once(child, 'close');
      await until(async () => (await beginningWith(`${name}.partial-`)).length === 1, 120_000);
      child.kill(signal);
      expect(await ended).toEqual([code, null]);
    } finally {
      await held.end();
    }
    expect(await beginningWith(name)).toEqual([]);
  },
);

test('nobody reads what a restore prints: it is done to its end all the same, and the exit code says that nobody read', async () => {
  const made = stored.path('made');
  expect(await stored.patiently(['backup', made])).toMatchObject({ code: 0 });
  await stored.person({ name: 'came after' });
  await stored.query('token-vault', 'delete from connections');
  const child = started('restore', made, '--replace');
  child.stdout.destroy();
  const ended = once(child, 'close');
  expect([await text(child.stderr), await ended]).toEqual(['', [74, null]]);
  expect(await stored.query('authorization-server', 'select name from accounts')).toEqual([
    { name: 'Alice' },
  ]);
  expect(await stored.query('token-vault', 'select subject from connections')).toEqual([
    { subject: 'octo-a' },
  ]);
});
