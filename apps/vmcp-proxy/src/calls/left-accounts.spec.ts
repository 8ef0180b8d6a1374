import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

const ADA = '6f1f0a51-6a0c-4a52-9f4e-7f3c1d2a9b01';
const QUESTION = { jsonrpc: '2.0', id: 'mine', method: 'elicitation/create', params: { message: 'Sure?' } };

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let open: ServerResponse | undefined;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({
    kind: 'sessions',
    intercept: ({ body, httpMethod }, response) => {
      if (httpMethod !== 'POST' || body['method'] !== 'tools/call' || open !== undefined) return false;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(QUESTION)}\n\n`);
      open = response;
      return true;
    },
  });
  const strategy = { type: 'upstreamInject', providerName: 'octo' } as const;
  proxy = await startProxy({
    nats,
    backends: [{ name: 'own', url: backend.url, timeoutMs: 120_000, strategy }],
  });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

const CALL = { name: 'own_echo', arguments: {} };
const answersTo = (id: string): readonly unknown[] =>
  backend.received.filter(({ body }) => body['method'] === undefined && body['id'] === id);

test('attack: an answer given after its person has left the account does not get into the session of that one: the call ends', async () => {
  const token = await proxy.token({ sub: ADA });
  await modern(proxy.mcpUrl, 'tools/list', {}, { token });
  const client = await legacyClient(proxy.mcpUrl, token, { capabilities: { elicitation: { form: {} } } });
  let question: string | undefined;
  const heard = (text: string): void => {
    question ??= /"id":"(gatehouse-question-[^"]+)"/.exec(text)?.[1];
  };
  const answer = client.request('tools/call', CALL, { heard });
  await until(() => question !== undefined);
  const sessions = (): ReadonlySet<unknown> =>
    new Set(backend.callsOf('tools/call').map(({ headers }) => headers['mcp-session-id']));
  expect(sessions().size).toBe(1);
  proxy.surroundings.connectedAtMs = 2_000;
  await proxy.connectionChanged(ADA, 'octo', 'connected');
  // Calls go to another session from now on.
  await until(async () => {
    await client.request('tools/call', CALL);
    return sessions().size === 2;
  });
  expect((await client.respond(question, { result: { action: 'accept' } })).status).toBe(202);
  expect((await answer).text).toMatch(/not known whether it was done|check before/);
  expect(answersTo('mine')).toEqual([]);
});

test('attack: where nobody has said that a person has connected another account, its credential goes into a session of its own, with the first call', async () => {
  const token = await proxy.token({ sub: ADA });
  const client = await legacyClient(proxy.mcpUrl, token);
  proxy.surroundings.useForMs = 0;
  const call = async (): Promise<unknown> => {
    expect((await client.request('tools/call', CALL)).body.error).toBeUndefined();
    return backend.callsOf('tools/call').at(-1)?.headers['mcp-session-id'];
  };
  const session = await call();
  expect(await call()).toBe(session);
  proxy.surroundings.connectedAtMs = 3_000;
  expect(await call()).not.toBe(session);
  const inThat = backend.received.filter(({ headers }) => headers['mcp-session-id'] === session);
  expect(inThat.filter(({ body }) => body['method'] === 'tools/call')).toHaveLength(2);
});
