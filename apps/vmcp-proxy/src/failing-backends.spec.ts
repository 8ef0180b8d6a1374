import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { startBackend, type TestBackend } from './backend.fixture.js';
import { onCall } from './calls/call-world.fixture.js';
import { legacyClient, modern, textOf, type ClientAnswer } from './client.fixture.js';
import { startProxy, type TestProxy } from './proxy.fixture.js';

/** Often, and with all the time that a busy machine may need. */
const PROBING = {
  healthCheckIntervalMs: 200,
  healthCheckTimeoutMs: 120_000,
  circuitBreaker: { enabled: true, failureThreshold: 5, timeoutMs: 120_000 },
};

let nats: TestNats;
let live: TestBackend;
let dead: TestBackend;
let proxy: TestProxy;
/** Requests that the dead backend has and never answers. */
let held: ServerResponse[] = [];

const hold = (): void =>
  dead.setIntercept((_one, response) => {
    held.push(response);
    return true;
  });
const release = (): void => {
  dead.setIntercept(undefined);
  for (const response of held) response.destroy();
  held = [];
};

beforeAll(async () => {
  nats = await startTestNats();
  live = await startBackend({ kind: 'modern' });
  dead = await startBackend({ kind: 'stateless' });
  proxy = await startProxy({
    nats,
    backends: [
      // Nothing here is about how long a call may take.
      { name: 'live', url: live.url, timeoutMs: 120_000 },
      { name: 'dead', url: dead.url, timeoutMs: 120_000 },
      {
        name: 'limited',
        url: live.url,
        timeoutMs: 120_000,
        toolTimeouts: [{ tools: ['ec*'], timeoutMs: 1_000, maxTimeoutMs: 1_000 }],
      },
    ],
  });
});
beforeEach(() => {
  live.setIntercept(undefined);
  release();
});
afterAll(async () => {
  release();
  await proxy.close();
  await Promise.all([live.close(), dead.close()]);
  await nats.close();
});

const callAs = async (token: string, name: string): Promise<ClientAnswer> =>
  await modern(proxy.mcpUrl, 'tools/call', { name, arguments: { says: 'hello' } }, { token });
const listAs = async (token: string, url = proxy.mcpUrl): Promise<ClientAnswer> =>
  await modern(url, 'tools/list', {}, { token });
const toolsIn = ({ body }: ClientAnswer): readonly unknown[] =>
  (body.result?.['tools'] as readonly { readonly name: string }[]).map(({ name }) => name);

interface Status {
  readonly backends: Readonly<Record<string, Record<string, unknown>>>;
}
const statusOf = async (internalOrigin: string): Promise<Status> =>
  (await (await fetch(`${internalOrigin}/status`)).json()) as Status;

describe('a backend that accepts connections and never answers', () => {
  test('delays no call of the others, whatever waits for it: their answers come while it is silent', async () => {
    const token = await proxy.token();
    await listAs(token);
    hold();
    const waiting = Array.from({ length: 20 }, async () => await callAs(token, 'dead_echo'));
    await until(() => held.length === 20);
    let isOver = false;
    void Promise.race(waiting).then(() => (isOver = true));
    for (let time = 0; time < 20; time += 1)
      expect(textOf(await callAs(token, 'live_echo'))).toContain('hello');
    expect([isOver, held.length]).toEqual([false, 20]);
    release();
    await Promise.all(waiting);
  });

  test('delays no first call either: the lists of others are not waited for when the name says whose it is', async () => {
    hold();
    const token = await proxy.token();
    const asked = held.length;
    expect(textOf(await callAs(token, 'live_echo'))).toContain('hello');
    expect(held.length).toBe(asked);
  });

  test('delays the list of a caller, and then no list: the others are listed while it is asked', async () => {
    hold();
    const token = await proxy.token();
    // What it listed for others before.
    const tools = ['live_echo', 'dead_echo', 'limited_echo'];
    expect(toolsIn(await listAs(token))).toEqual(tools);
    expect(held.length).toBeGreaterThan(0);
    for (let time = 0; time < 10; time += 1) expect(toolsIn(await listAs(token))).toEqual(tools);
  });
});

describe('a time limit of a tool', () => {
  test('ends its calls, and no other of the same backend’s', async () => {
    let other: ServerResponse | undefined;
    live.setIntercept(
      onCall((_one, response) => {
        other ??= response;
      }),
    );
    const token = await proxy.token();
    await listAs(token);
    const patient = callAs(token, 'live_echo');
    await until(() => other !== undefined);
    const limited = await callAs(token, 'limited_echo');
    expect(textOf(limited)).toContain('(deadline_exceeded)');
    other?.destroy();
    expect(textOf(await patient)).toContain('(backend_unavailable)');
  });
});

describe('partialFailureMode: fail', () => {
  test('a list that is not whole is an error that names the backend; calls of the others go on', async () => {
    const bus = await startTestNats();
    const strict = await startProxy({
      nats: bus,
      partialFailureMode: 'fail',
      backends: [
        { name: 'live', url: live.url },
        { name: 'gone', url: 'http://127.0.0.1:9/mcp' },
      ],
    });
    const token = await strict.token();
    const client = await legacyClient(strict.mcpUrl, token);
    for (const method of ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'])
      for (const answer of [
        await modern(strict.mcpUrl, method, {}, { token }),
        await client.request(method),
      ]) {
        expect(answer.status).toBe(200);
        expect(answer.body).toMatchObject({
          error: { code: -31_000, data: { code: 'backend_unavailable', retry: 'safe', backend: 'gone' } },
        });
      }
    const call = { name: 'live_echo', arguments: { says: 'hello' } };
    expect(textOf(await modern(strict.mcpUrl, 'tools/call', call, { token }))).toContain('hello');
    await strict.close();
    await bus.close();
  });

  test('an account that is not connected is no failure: its link is listed', async () => {
    const bus = await startTestNats();
    const strict = await startProxy({
      nats: bus,
      partialFailureMode: 'fail',
      backends: [
        { name: 'live', url: live.url },
        { name: 'mine', url: live.url, strategy: { type: 'upstreamInject', providerName: 'octo' } },
      ],
    });
    strict.surroundings.credentials.set('mine', { code: 'connection_missing' });
    expect(toolsIn(await listAs(await strict.token(), strict.mcpUrl))).toEqual(['live_echo', 'mine_connect']);
    await strict.close();
    await bus.close();
  });
});

describe('operators', () => {
  test('see what probes and calls say of each backend, and nobody’s URL, name or token', async () => {
    const guarded = await startBackend({
      kind: 'modern',
      intercept: ({ headers }, response) => {
        if (headers.authorization !== undefined) return false;
        response.writeHead(401).end();
        return true;
      },
    });
    const bus = await startTestNats();
    const probed = await startProxy({
      nats: bus,
      backends: [
        {
          name: 'guarded',
          url: `${guarded.url}?key=of-the-operator`,
          strategy: { type: 'upstreamInject', providerName: 'octo' },
          failureHandling: PROBING,
        },
        { name: 'gone', url: 'http://127.0.0.1:9/mcp', failureHandling: PROBING },
        { name: 'unasked', url: live.url },
      ],
    });
    const subject = randomUUID();
    const token = await probed.token({ sub: subject });
    const call = { name: 'guarded_echo', arguments: {} };
    await modern(probed.mcpUrl, 'tools/call', call, { token });
    let status: Status = { backends: {} };
    await until(async () => {
      status = await statusOf(probed.internalOrigin);
      const { gone, guarded: known } = status.backends;
      return gone?.['health'] === 'unhealthy' && known?.['health'] === 'healthy';
    });
    expect(status.backends['guarded']).toMatchObject({
      health: 'healthy',
      circuit: { state: 'closed' },
      lastProbe: { alive: true, httpStatus: 401 },
      eras: ['modern'],
      running: { calls: 0, streams: 0 },
      lists: { principals: 1, failing: 0 },
    });
    expect(status.backends['gone']).toMatchObject({
      circuit: { state: 'open', cause: 'probes' },
      lastProbe: { alive: false, code: 'unreachable' },
      lastFailure: { code: 'unreachable' },
      eras: [],
    });
    expect(status.backends['unasked']).toMatchObject({
      health: 'unknown',
      lastProbe: null,
      lastAnswerAt: null,
      lastFailure: null,
    });
    const metrics = await (await fetch(`${probed.internalOrigin}/metrics`)).text();
    expect(metrics).toContain('gatehouse_proxy_backend_circuit_state{backend="gone"} 2');
    expect(metrics).toMatch(
      /gatehouse_proxy_backend_probes_total\{backend="guarded",outcome="alive"\} [1-9]/,
    );
    expect(metrics).toContain('gatehouse_proxy_backend_healthy{backend="gone"} 0');
    for (const secret of [subject, token, 'of-the-operator', '127.0.0.1', 'guarded-token-of'])
      expect(JSON.stringify(status)).not.toContain(secret);
    const answer = await modern(probed.mcpUrl, 'tools/call', { name: 'gone_status' }, { token });
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    for (const { headers } of guarded.received.filter(({ body }) => body['method'] === 'ping'))
      expect(headers.authorization).toBeUndefined();
    await probed.close();
    await guarded.close();
    await bus.close();
  });

  test('find it on the internal listener alone', async () => {
    expect((await fetch(`${proxy.origin}/status`)).status).toBe(404);
  });
});
