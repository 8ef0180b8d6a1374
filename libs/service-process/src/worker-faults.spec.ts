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

const isAnswered = async (client: Socket): Promise<void> => {
  await once(client, 'readable');
};

test('more connections than all workers may have are closed, and told of: none goes round between primary and workers (hoarding)', async () => {
  group = await (await Group.begin()).serves();
  // 20 for each of the two.
  connectMany(group, 45);
  await until(() => clients.filter(({ closed }) => closed).length >= 5);
  expect(group.count('connections-refused')).toBeGreaterThan(0);
  expect(await group.status()).toBe('ready');
});

test('a primary that has no descriptor left does not end with its workers: it begins the one that ended when it has', async () => {
  group = await (await Group.begin({ descriptors: 100 })).serves();
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
  expect(await group.status()).toBe('ready');
  expect(await group.workers()).toEqual(workers);
  expect(await group.stop()).toBe(0);
});

test('a worker that cannot begin again with the changed configuration leaves the others alone, and begins when it is mended', async () => {
  group = await (await Group.begin()).serves();
  const [victim = 0, other = 0] = await group.workers();
  await group.changeConfiguration({ more: 'shutdownDelay: never' });
  process.kill(victim, 'SIGKILL');
  await until(() => group?.count('worker-keeps-ending') === 1);
  expect(group.said).toContain('"how":"exit code 78"');
  expect(await group.status()).toBe('degraded');
  expect(await group.ask()).toBe(other);
  await group.changeConfiguration({});
  await group.serves();
  expect(await group.stop()).toBe(0);
});

test('workers that are stuck together are replaced one at a time: the next one stays until another one serves', async () => {
  group = await (await Group.begin()).serves();
  connectMany(group, 2);
  for (const client of clients) client.write('GET /hold HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await Promise.all(clients.map((client) => isAnswered(client)));
  const workers = await group.workers();
  const stuck = new Set<number>();
  while (stuck.size < 2) stuck.add(await group.ask('/stuck').catch(() => 0));
  expect(stuck).toEqual(new Set(workers));
  await until(() => (group?.count('worker-stuck') ?? 0) >= 1);
  // The one that was told to stop holds its call meanwhile, and the other one is looked at.
  for (let look = 0; look < 20; look += 1) await group.status();
  for (const client of clients) client.destroy();
  await until(() => (group?.count('worker-serves-again') ?? 0) >= 2);
  const told = group.said.match(/worker-stuck|worker-ended|worker-serves-again/g);
  const one = ['worker-stuck', 'worker-ended', 'worker-serves-again'];
  expect(told).toEqual([...one, ...one]);
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
  const [victim = 0] = await group.workers();
  await group.hangAtStart();
  process.kill(victim, 'SIGKILL');
  await until(() => group?.count('worker-hangs') === 1);
  await until(() => group?.count('worker-serves-again') === 1);
  expect(await group.status()).toBe('ready');
  expect(await group.stop()).toBe(0);
});
