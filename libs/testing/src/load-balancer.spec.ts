import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort } from './free-port.js';
import { LoadBalancer } from './load-balancer.js';
import { until } from './until.js';

let ports: readonly [number, number];
let replicas: Server[];
let balancer: LoadBalancer;
let url: string;

beforeEach(async () => {
  ports = [await freePort(), await freePort()];
  replicas = [];
  balancer = new LoadBalancer(ports);
  const port = await freePort();
  await balancer.listen(port);
  url = `http://127.0.0.1:${port}/`;
});

afterEach(async () => {
  await balancer.close();
  for (const replica of replicas) {
    replica.closeAllConnections();
    replica.close();
  }
});

async function start(port: number, listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(port, '127.0.0.1');
  await once(server, 'listening');
  replicas.push(server);
  return server;
}

const says =
  (name: string): RequestListener =>
  (_request, response) =>
    response.end(name);
const ask = async (): Promise<string> => await (await fetch(url)).text();
const asked = async (times: number): Promise<string> => {
  let all = '';
  for (let time = 0; time < times; time += 1) all += await ask();
  return all;
};

test('every replica gets one request of each round', async () => {
  await start(ports[0], says('a'));
  await start(ports[1], says('b'));
  expect(await asked(40)).toMatch(/^(ab|ba){20}$/);
});

test('what a replica accepted and did not answer is told to the caller, counted, and sent to nobody else', async () => {
  let taken = 0;
  const dies: RequestListener = (request) => {
    taken += 1;
    request.socket.destroy();
  };
  await start(ports[0], dies);
  await start(ports[1], dies);
  const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(url, { method: 'POST' })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([502]));
  expect([taken, balancer.unanswered]).toEqual([10, 10]);
});

test('an answer that breaks off breaks off for the caller, too, and is counted', async () => {
  await start(ports[0], (_request, response) => {
    response.write('the beginning');
    setImmediate(() => response.destroy());
  });
  await start(ports[1], says('b'));
  const answers = await Promise.allSettled([ask(), ask()]);
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(balancer.unanswered).toBe(1);
});

test('a replica that accepts no connection is passed over until it does again; with none left the caller is told', async () => {
  const only = await start(ports[0], says('a'));
  expect(await asked(10)).toBe('a'.repeat(10));
  only.closeAllConnections();
  only.close();
  expect((await fetch(url)).status).toBe(503);
  await start(ports[1], says('b'));
  await until(async () => (await asked(2)) === 'bb');
  await start(ports[0], says('a'));
  await until(async () => /^(ab|ba){2}$/.test(await asked(4)));
  expect(balancer.unanswered).toBe(0);
});

test('a replica that says that it is not ready is left out while another one is', async () => {
  const ready = new Map<number, number>([
    [ports[0], 503],
    [ports[1], 200],
  ]);
  const probes = await start(await freePort(), ({ url }, response) => {
    response.writeHead(ready.get(Number(url?.slice(1))) ?? 500).end();
  });
  // It listens on TCP.
  const { port: probePort } = probes.address() as AddressInfo;
  await start(ports[0], says('a'));
  await start(ports[1], says('b'));
  const [port, watching] = [
    await freePort(),
    new LoadBalancer(ports, (replica) => `http://127.0.0.1:${probePort}/${replica}`),
  ];
  await watching.listen(port);
  url = `http://127.0.0.1:${port}/`;
  await until(async () => (await asked(4)) === 'bbbb');
  ready.set(ports[1], 503);
  await until(async () => /^(ab|ba){2}$/.test(await asked(4)));
  ready.set(ports[0], 200);
  await until(async () => (await asked(4)) === 'aaaa');
  await watching.close();
});
