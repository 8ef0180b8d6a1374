import { once } from 'node:events';
import type { Socket } from 'node:net';
import { until } from '@gatehouse/testing/until';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Group } from './running-group.fixture.js';

let group: Group | undefined;
let clients: Socket[] = [];
beforeEach(() => {
  group = undefined;
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await group?.remove();
});

/** Clients that connect, and say nothing. */
function connectMany(to: Group, count: number): void {
  for (let client = 0; client < count; client += 1)
    clients.push(
      to
        .connection()
        .on('error', () => undefined)
        .resume(),
    );
}

async function nextWorker(of: Group, known: readonly number[]): Promise<number> {
  let next: number | undefined;
  await until(async () => {
    next = (await of.workers()).find((worker) => !known.includes(worker));
    return next !== undefined;
  });
  return next ?? 0;
}

const isAnswered = async (client: Socket): Promise<void> => {
  await once(client, 'readable');
};

test('more connections than all workers may have are closed, and told of: none goes round between primary and workers (hoarding)', async () => {
  group = await (await Group.begin()).serves();
  // 20 for each of the two.
  connectMany(group, 45);
  await until(() => clients.filter(({ closed }) => closed).length >= 5);
  await until(() => (group?.count('connections-refused') ?? 0) > 0);
  await group.serves();
});

test('a primary that has no descriptor left does not end with its workers: it begins the one that ended when it has', async () => {
  // Nobody looks: workers that stand still are not killed for it.
  group = await (await Group.begin({ descriptors: 100, lookEveryMs: 600_000 })).serves();
  const [victim = 0, other = 0] = await group.workers();
  for (const worker of [victim, other]) process.kill(worker, 'SIGSTOP');
  connectMany(group, 300);
  // The system accepts for the primary, which closes those for which it has no descriptor.
  await until(() => clients.some(({ closed }) => closed));
  process.kill(victim, 'SIGKILL');
  await until(() => group?.said.includes('"how":"not started"') === true);
  for (const client of clients) client.destroy();
  process.kill(other, 'SIGCONT');
  await group.serves();
  expect(await group.workers()).toHaveLength(2);
  expect(await group.stop()).toBe(0);
});

test('a group whose standard error is read by nobody goes on, and so does a worker that writes there', async () => {
  group = await (await Group.begin()).serves();
  const workers = await group.workers();
  group.primary.stderr.destroy();
  await once(group.primary.stderr, 'close');
  for (let time = 0; time < 8; time += 1) await group.ask('/warn');
  await group.serves();
  expect(await group.workers()).toEqual(workers);
  expect(await group.stop()).toBe(0);
});

test('a worker that cannot begin again with the changed configuration leaves the others alone, and begins when it is mended', async () => {
  group = await (await Group.begin()).serves();
  const [victim = 0, other = 0] = await group.workers();
  await group.changeConfiguration({ more: 'shutdownDelay: never' });
  process.kill(victim, 'SIGKILL');
  await until(() => (group?.count('worker-keeps-ending') ?? 0) >= 1);
  expect(group.said).toContain('"how":"exit code 78"');
  await until(async () => (await group?.status()) === 'degraded');
  expect(await group.ask()).toBe(other);
  await group.changeConfiguration({});
  await group.serves();
  expect(await group.stop()).toBe(0);
});

test('workers that are stuck together are replaced one at a time: the next one stays until another one serves', async () => {
  // The one that is told to stop holds its call until this test ends it.
  group = await (await Group.begin({ shutdownTimeout: '5m' })).serves();
  connectMany(group, 2);
  for (const client of clients) client.write('GET /hold HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await Promise.all(clients.map((client) => isAnswered(client)));
  const workers = await group.workers();
  const stuck = new Set<number>();
  while (stuck.size < 2) {
    // A worker that is told to stop may cut what it has just been given.
    const answered = await group.ask('/stuck').catch(() => undefined);
    if (answered !== undefined) stuck.add(answered);
  }
  expect(stuck).toEqual(new Set(workers));
  await until(() => (group?.count('worker-stuck') ?? 0) >= 1);
  // Meanwhile the other one is looked at.
  for (let look = 0; look < 20; look += 1) await group.status();
  for (const client of clients) client.destroy();
  await until(() => (group?.count('worker-serves-again') ?? 0) >= 2);
  const told = group.said.match(/worker-stuck|worker-replaced|worker-serves-again/g);
  const one = ['worker-stuck', 'worker-replaced', 'worker-serves-again'];
  expect(told).toEqual([...one, ...one]);
});

test('a worker that is stuck again and again is replaced each time: that is no failure, and the group goes on', async () => {
  group = await (await Group.begin()).serves();
  await group.stickAll();
  // It is the first one each time. A fourth end within a minute would be the end of the group.
  for (let time = 1; time <= 5; time += 1)
    await until(() => (group?.count('worker-replaced') ?? 0) >= time || group?.primary.exitCode !== null);
  expect(group.primary.exitCode).toBeNull();
  await group.unstickAll();
  await group.serves();
  await until(
    async () => (await group?.counted('worker_replacements_total')) === group?.count('worker-replaced'),
  );
  expect(await group.counted('worker_ends_total')).toBe(0);
  expect(group.said).not.toMatch(/worker-ended|worker-keeps-ending/);
  expect(await group.stop()).toBe(0);
});

test('a worker that lost a connection because it had no descriptor is replaced: no client waits for it for ever', async () => {
  group = await (await Group.begin({ descriptors: 100 })).serves();
  const before = await group.workers();
  connectMany(group, 1);
  const [first] = clients;
  first?.write('GET /full HTTP/1.1\r\nhost: localhost\r\n\r\n');
  if (first !== undefined) await isAnswered(first);
  connectMany(group, 4);
  for (const client of clients.slice(1)) client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await until(() => group?.count('worker-takes-no-connection') === 1);
  first?.destroy();
  await until(() => clients.every(({ closed }) => closed));
  await until(() => group?.count('worker-serves-again') === 1);
  await group.serves();
  expect((await group.workers()).filter((pid) => before.includes(pid))).toHaveLength(1);
  expect(await group.stop()).toBe(0);
});

test('a worker that is begun again and hangs before it serves is killed, and the next one serves', async () => {
  group = await (await Group.begin({ more: 'startTimeout: 15s' })).serves();
  const before = await group.workers();
  const [victim = 0] = before;
  await group.hangAtStart();
  process.kill(victim, 'SIGKILL');
  const hanging = await nextWorker(group, before);
  await until(() => group?.count('worker-hangs') === 1);
  const next = await nextWorker(group, [...before, hanging]);
  // A primary that stands still counts no looks: the next one may take its time to begin.
  group.primary.kill('SIGSTOP');
  await until(() => group?.hasBegun(next) === true);
  group.primary.kill('SIGCONT');
  await until(() => group?.count('worker-serves-again') === 1);
  await group.serves();
  expect(await group.workers()).toContain(next);
  expect(group.count('worker-hangs')).toBe(1);
  expect(await group.stop()).toBe(0);
});
