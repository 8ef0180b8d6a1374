import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern, post, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { AUDIENCE, startProxy, type TestProxy } from '../proxy.fixture.js';

const NOTHING = { exclude: [] };
const MOST = 20;
let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let other: Awaited<ReturnType<TestProxy['startReplica']>>;

beforeAll(async () => {
  nats = await startTestNats();
  const tools = ['echo', 'dear', 'rare', 'few'].map((name) => ({ name, inputSchema: { type: 'object' } }));
  backend = await startBackend({ kind: 'dual-stateless', tools });
  const limit = { maxTokens: MOST, refillPeriodMs: 3_600_000 };
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'one', url: backend.url },
      { name: 'two', url: backend.url },
      { name: 'gone', url: 'http://127.0.0.1:9/mcp' },
    ],
    views: [{ name: 'all', backends: ['one'], tools: NOTHING, prompts: NOTHING, resources: NOTHING }],
    rateLimiting: {
      whenUnavailable: 'local',
      limits: [
        { name: 'per-person', per: ['user'], backends: ['one'], ...limit },
        { name: 'dear', per: ['user', 'tool'], tools: ['dear'], ...limit, maxTokens: 2 },
        { name: 'rare', per: [], tools: ['rare'], ...limit, maxTokens: 3 },
        { name: 'gone', per: ['user'], backends: ['gone'], ...limit, maxTokens: 1 },
        { name: 'few', per: ['user'], tools: ['few'], ...limit, maxTokens: 19 },
      ],
    },
  });
  other = await proxy.startReplica();
});
afterAll(async () => {
  await other.close();
  await proxy.close();
  await backend.close();
  await nats.close();
});

const limitIn = ({ status, body }: ClientAnswer): unknown =>
  status === 429 ? (body.error?.data as JsonObject)['limit'] : undefined;
const call = async (url: string, token: string, name = 'one_echo'): Promise<ClientAnswer> =>
  await modern(url, 'tools/call', { name, arguments: {} }, { token });

test('a call above the limit is 429 with Retry-After, and says which limit and when', async () => {
  const token = await proxy.token();
  const answers = [];
  for (let index = 0; index < 3; index += 1) answers.push(await call(proxy.mcpUrl, token, 'two_dear'));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  const { headers, body } = answers[2] as ClientAnswer;
  const seconds = Number(headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(1_700);
  expect(seconds).toBeLessThanOrEqual(1_800);
  expect(body.error).toMatchObject({
    code: -31_000,
    data: { code: 'rate_limited', retry: 'safe', retryAfterSeconds: seconds, limit: 'dear' },
  });
  expect(limitIn(await call(proxy.mcpUrl, token, 'one_dear'))).toBeUndefined();
});

test('a limit is not dodged by another replica, sign-in, client, session, view or endpoint', async () => {
  const sub = randomUUID();
  const before = backend.callsOf('tools/call').length;
  const tokens = await Promise.all(
    [{}, { client_id: 'another' }, { client_id: 'a-third', tsid: randomUUID() }].map((more) =>
      proxy.token({ sub, ...more }),
    ),
  );
  const ofView = await proxy.token({ sub, aud: `${AUDIENCE}/views/all` });
  const alone = await proxy.token({ sub, aud: `${AUDIENCE}/one` });
  const legacy = await Promise.all(
    [proxy.mcpUrl, other.mcpUrl].map((url) => legacyClient(url, tokens[0], { version: '2025-03-26' })),
  );
  const outcomes: unknown[] = [];
  for (let round = 0; round < 4; round += 1) {
    for (const url of [proxy.mcpUrl, other.mcpUrl])
      for (const token of tokens) outcomes.push(limitIn(await call(url, token)));
    for (const client of legacy)
      outcomes.push(limitIn(await client.request('tools/call', { name: 'one_echo' })));
    outcomes.push(limitIn(await call(`${other.mcpUrl}/views/all`, ofView)));
    outcomes.push(limitIn(await call(`${proxy.mcpUrl}/one`, alone, 'echo')));
  }
  const done = outcomes.filter((limit) => limit === undefined).length;
  expect(done).toBe(backend.callsOf('tools/call').length - before);
  expect(done).toBeLessThanOrEqual(MOST);
  // What is in a batch of the other replica at the end is missing.
  expect(done).toBeGreaterThanOrEqual(MOST - 4);
  expect(limitIn(await call(proxy.mcpUrl, await proxy.token()))).toBeUndefined();
});

test('in a batch, each call above the limit is an error of its own', async () => {
  const token = await proxy.token();
  const client = await legacyClient(proxy.mcpUrl, token, { version: '2025-03-26' });
  const batch = Array.from({ length: 4 }, (_, id) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 'two_dear' },
  }));
  const { text } = await post(proxy.mcpUrl, batch, {
    'mcp-session-id': client.sessionId,
    ...authorization(token),
  });
  const answers = JSON.parse(text) as readonly { readonly error?: { readonly data: JsonObject } }[];
  expect(answers.filter(({ error }) => error !== undefined)).toHaveLength(2);
  expect(answers.find(({ error }) => error !== undefined)?.error?.data['retryAfterSeconds']).toBeGreaterThan(
    0,
  );
});

test('a limit of all persons together counts them together, over both replicas', async () => {
  let done = 0;
  for (let index = 0; index < 8; index += 1) {
    const url = index % 2 === 0 ? proxy.mcpUrl : other.mcpUrl;
    if ((await call(url, await proxy.token(), 'two_rare')).status === 200) done += 1;
  }
  expect(done).toBe(3);
});

test('lists and other requests are not counted', async () => {
  const token = await proxy.token();
  for (let index = 0; index < MOST + 5; index += 1)
    expect((await modern(proxy.mcpUrl, 'tools/list', {}, { token })).status).toBe(200);
});

test('names that a caller makes up at a backend that cannot be listed take no tokens: they fill neither bus nor memory', async () => {
  const token = await proxy.token();
  for (const name of ['gone_one', 'gone_two', 'gone_three']) {
    const answer = await call(proxy.mcpUrl, token, name);
    expect(limitIn(answer)).toBeUndefined();
    expect(JSON.stringify(answer.body)).toContain('backend_unavailable');
  }
});

test('tools that a model calls at the same time are not refused while tokens are left', async () => {
  const token = await proxy.token();
  const calls = await Promise.all(
    Array.from({ length: 19 }, async () => await call(proxy.mcpUrl, token, 'two_few')),
  );
  expect(calls.map(limitIn)).toEqual(calls.map(() => undefined));
  expect(limitIn(await call(proxy.mcpUrl, token, 'two_few'))).toBe('few');
});
