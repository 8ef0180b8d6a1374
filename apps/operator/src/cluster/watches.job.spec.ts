import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { until } from '@gatehouse/testing/until';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Cluster } from './cluster.client.js';
import { Watches } from './watches.job.js';

/** After that long without a word the client of the API ends a watch. */
const SILENCE_MS = 30_000;

/** An API that answers each watch, and then says nothing. */
let api: Server;
let open: ServerResponse[];
let asked: number;
let watches: Watches;
let changed: number;
let failures: string[];

beforeEach(async () => {
  [open, asked, changed, failures] = [[], 0, 0, []];
  api = createServer((_request, response) => {
    asked += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    open.push(response);
    response.once('close', () => {
      open = open.filter((one) => one !== response);
    });
  }).listen(0, '127.0.0.1');
  await until(() => api.listening);
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: 'it',
        server: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
        // It is HTTP, which the client refuses otherwise.
        skipTLSVerify: true,
      },
    ],
    users: [{ name: 'it' }],
    contexts: [{ name: 'it', cluster: 'it', user: 'it' }],
    currentContext: 'it',
  });
  jest.useFakeTimers({ doNotFake: [...ALL_BUT_TIMEOUTS] });
  watches = new Watches(
    new Cluster(config, 'gateway'),
    () => (changed += 1),
    (what, reason) => failures.push(`${what}: ${reason}`),
  );
});
afterEach(() => {
  watches.stop();
  jest.useRealTimers();
  api.closeAllConnections();
  api.close();
});

const ALL_BUT_TIMEOUTS = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
] as const;

/** The answer has come, and the client waits for words. */
async function isHeard(word: object): Promise<void> {
  const before = changed;
  open.at(-1)?.write(`${JSON.stringify(word)}\n`);
  await until(() => changed > before);
}

const added = (generation: number): object => ({
  type: 'ADDED',
  object: { metadata: { name: 'tools', uid: 'one', generation } },
});

test('a watch on which nothing happens is no failure: it begins again at once, and hears what comes then', async () => {
  watches.kinds(['MCPGroup']);
  await until(() => open.length === 1);
  await isHeard(added(1));
  for (const again of [2, 3]) {
    jest.advanceTimersByTime(SILENCE_MS);
    await until(() => asked === again && open.length === 1);
    await isHeard(added(again));
  }
  expect(failures).toEqual([]);
});

test('a watch that begins again and again keeps nothing of the earlier ones, and the last one is ended', async () => {
  const listened = jest.spyOn(EventTarget.prototype, 'addEventListener');
  watches.named([{ kind: 'Secret', name: 'provider-secrets' }]);
  await until(() => open.length === 1);
  await isHeard({ type: 'ADDED', object: {} });
  for (const again of [2, 3, 4, 5]) {
    jest.advanceTimersByTime(SILENCE_MS);
    await until(() => asked === again && open.length === 1);
    await isHeard({ type: 'ADDED', object: {} });
  }
  const byTarget = new Map<unknown, number>();
  for (const [at, [event]] of listened.mock.calls.entries())
    if (event === 'abort') {
      const target: unknown = listened.mock.contexts[at];
      byTarget.set(target, (byTarget.get(target) ?? 0) + 1);
    }
  listened.mockRestore();
  expect(Math.max(0, ...byTarget.values())).toBeLessThan(4);
  watches.named([]);
  await until(() => open.length === 0);
});

test('a watch that the API refuses is said, and waits before it begins again', async () => {
  api.removeAllListeners('request').on('request', (_request, response: ServerResponse) => {
    asked += 1;
    response.writeHead(403).end();
  });
  watches.kinds(['MCPGroup']);
  await until(() => failures.length === 1);
  expect(failures).toEqual(['MCPGroup: the API answered 403']);
  jest.advanceTimersByTime(5_000);
  expect(asked).toBe(1);
  jest.advanceTimersByTime(5_000);
  await until(() => asked === 2);
});
