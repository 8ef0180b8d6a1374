import { until } from '@gatehouse/testing/until';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Group } from './running-group.fixture.js';

let group: Group | undefined;
beforeEach(() => {
  group = undefined;
});
afterEach(async () => {
  await group?.remove();
});

test('with one worker there is one process', async () => {
  group = await (await Group.begin({ workers: '1' })).serves();
  expect(await group.ask()).toBe(group.primary.pid);
  expect(await group.workers()).toEqual([]);
  expect(await group.stop()).toBe(0);
});

test('connections go to the workers in turn; a stop ends all of them cleanly', async () => {
  group = await (await Group.begin()).serves();
  const answered = [await group.ask(), await group.ask(), await group.ask(), await group.ask()];
  const workers = await group.workers();
  expect(new Set(answered)).toEqual(new Set(workers));
  expect(workers).toHaveLength(2);
  expect(await group.stop()).toBe(0);
});

test('workers that hear a signal for their process group beside that of their primary end as cleanly', async () => {
  group = await (await Group.begin()).serves();
  for (const worker of await group.workers()) process.kill(worker, 'SIGTERM');
  expect(await group.stop()).toBe(0);
  expect(group.count('service-not-stopped-cleanly')).toBe(0);
});

test('a worker that crashes is begun again; one that crashes four times in a minute ends the group, with its exit code', async () => {
  group = await (await Group.begin()).serves();
  await group.ask('/doom').catch(() => undefined);
  await group.ended;
  expect(group.primary.exitCode).toBe(3);
  expect(group.count('worker-ended')).toBe(3);
  expect(group.count('worker-keeps-ending')).toBe(1);
  expect(group.count('service-not-stopped-cleanly')).toBe(0);
});

test('a worker that is killed is begun again, and the others answer meanwhile', async () => {
  group = await (await Group.begin()).serves();
  const [victim = 0, other = 0] = await group.workers();
  process.kill(victim, 'SIGKILL');
  await until(() => group?.count('worker-ended') === 1);
  expect(await group.ask()).toBe(other);
  await until(() => group?.count('worker-serves-again') === 1);
  await group.serves();
  expect(new Set([await group.ask(), await group.ask()])).toEqual(new Set(await group.workers()));
  expect(await group.workers()).not.toContain(victim);
});

test('workers that cannot begin are a group that does not, and each says why', async () => {
  group = await Group.begin({ name: 'broken' });
  await group.ended;
  expect(group.primary.exitCode).toBe(1);
  expect(group.said).toContain('it fails as it is told to');
  expect(group.said).toMatch(/worker \d did not start: exit code 1/);
});

test('a worker that hangs is killed, and another one begun', async () => {
  group = await (await Group.begin()).serves();
  const before = await group.workers();
  const asked = group.ask('/hang').catch(() => 'cut');
  await until(() => group?.count('worker-hangs') === 1);
  expect(await asked).toBe('cut');
  await group.serves();
  expect((await group.workers()).filter((pid) => before.includes(pid))).toHaveLength(1);
  expect(await group.stop()).toBe(0);
});

test('a worker that lost its way to a dependency that others reach is stopped, and another one begun', async () => {
  group = await (await Group.begin()).serves();
  const stuck = await group.ask('/stuck');
  await until(async () => !((await group?.workers()) ?? []).includes(stuck));
  await group.serves();
  expect(group.said).toMatch(/"event":"worker-stuck"/);
  expect(await group.stop()).toBe(0);
});

test('a connection that was handed to a worker that died before it took it ends at once: its client does not wait for ever', async () => {
  group = await (await Group.begin()).serves();
  const workers = await group.workers();
  for (const worker of workers) process.kill(worker, 'SIGSTOP');
  const clients = Array.from({ length: 6 }, () => group?.connection());
  const over = clients.map(async (client) => {
    await new Promise((resolve) =>
      client
        ?.on('error', () => undefined)
        .once('close', resolve)
        .resume(),
    );
  });
  for (const client of clients) client?.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  // Its answer takes a round of the primary, which has handed on by then what it was given.
  expect(await group.status()).toBe('unready');
  for (const worker of workers) process.kill(worker, 'SIGKILL');
  await Promise.all(over);
  await group.serves();
  expect(await group.stop()).toBe(0);
});

test('workers of a primary that was killed end with it', async () => {
  group = await (await Group.begin()).serves();
  const workers = await group.workers();
  await group.stop('SIGKILL');
  for (const worker of workers)
    await until(() => {
      try {
        return !process.kill(worker, 0);
      } catch {
        return true;
      }
    });
});

test('long lines that workers write at the same time come out whole', async () => {
  group = await (await Group.begin()).serves();
  await Promise.all([group.ask('/talk'), group.ask('/talk'), group.ask('/talk'), group.ask('/talk')]);
  await group.stop();
  const lines = group.said
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { event: string; worker?: number });
  const long = lines.filter(({ event }) => event.startsWith('xxx'));
  expect(long).toHaveLength(400);
  expect(new Set(long.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
});
