import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern, type LegacyClient } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { taskIdIn } from './task-world.fixture.js';

const ADA = '6f1f0a51-6a0c-4a52-9f4e-7f3c1d2a9b01';
const TASK = { taskId: 'theirs', status: 'working', createdAt: '2026-11-26T00:00:00Z', ttl: 60_000 };

const QUESTION = { jsonrpc: '2.0', id: 'mine', method: 'elicitation/create', params: { message: 'Sure?' } };

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({
    kind: 'sessions',
    tools: [{ name: 'run', inputSchema: { type: 'object' }, execution: { taskSupport: 'optional' } }],
    about: { capabilities: { tasks: { requests: { tools: { call: {} } }, cancel: {} } } },
    intercept: ({ body }, response) => {
      if (body['method'] === 'tasks/result') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(QUESTION)}\n\n`);
        return true;
      }
      const result = { 'tools/call': { task: TASK }, 'tasks/get': TASK }[String(body['method'])];
      if (result === undefined) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: body['id'], result }));
      return true;
    },
  });
  proxy = await startProxy({
    nats,
    backends: [{ name: 'own', url: backend.url, strategy: { type: 'upstreamInject', providerName: 'octo' } }],
  });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

/** Of one person, with a sign-in of its own. */
async function newClient(): Promise<LegacyClient> {
  const token = await proxy.token({ sub: ADA });
  await modern(proxy.mcpUrl, 'tools/list', {}, { token });
  return await legacyClient(proxy.mcpUrl, token, { capabilities: { elicitation: { form: {} } } });
}

const sessionOf = (method: string): unknown => backend.callsOf(method).at(-1)?.headers['mcp-session-id'];

test('the session of a task hears no credential of another account: who has connected one asks in a session of that', async () => {
  const client = await newClient();
  const made = await client.request('tools/call', { name: 'own_run', arguments: {}, task: {} });
  const taskId = taskIdIn(made.body.result);
  const session = sessionOf('tools/call');
  expect(session).toEqual(expect.any(String));
  const other = await newClient();
  expect((await other.request('tasks/get', { taskId })).body.result).toMatchObject({ status: 'working' });
  expect(sessionOf('tasks/get')).toBe(session);
  // The same connection of the vault leads to another account of the provider.
  proxy.surroundings.connectedAtMs = 2_000;
  await proxy.connectionChanged(ADA, 'octo', 'connected');
  for (const one of [await newClient(), client]) {
    await one.request('tasks/get', { taskId });
    expect(sessionOf('tasks/get')).toEqual(expect.any(String));
    expect(sessionOf('tasks/get')).not.toBe(session);
  }
});

test('attack: what a client answers in the session of a task that another one made does not get there after its person has left that account', async () => {
  proxy.surroundings.connectedAtMs = 3_000;
  await proxy.connectionChanged(ADA, 'octo', 'connected');
  const made = await (await newClient()).request('tools/call', { name: 'own_run', arguments: {}, task: {} });
  const session = sessionOf('tools/call');
  const guest = await newClient();
  let question: string | undefined;
  const heard = (text: string): void => {
    question ??= /"id":"(gatehouse-question-[^"]+)"/.exec(text)?.[1];
  };
  const answer = guest.request('tasks/result', { taskId: taskIdIn(made.body.result) }, { heard });
  await until(() => question !== undefined);
  expect(sessionOf('tasks/result')).toBe(session);
  proxy.surroundings.connectedAtMs = 4_000;
  await proxy.connectionChanged(ADA, 'octo', 'connected');
  // From then on this replica has the credential of the other one.
  await guest.request('tools/call', { name: 'own_run', arguments: {} });
  expect((await guest.respond(question, { result: { action: 'accept' } })).status).toBe(202);
  expect((await answer).text).toMatch(/not known whether it was done|check before/);
  expect(backend.received.filter(({ body }) => body['id'] === 'mine')).toEqual([]);
});

test('attack: where the vault does not say since when a connection leads to its account, no session of a task is taken up elsewhere', async () => {
  proxy.surroundings.connectedAtMs = undefined;
  await proxy.connectionChanged(ADA, 'octo', 'connected');
  const client = await newClient();
  const made = await client.request('tools/call', { name: 'own_run', arguments: {}, task: {} });
  const taskId = taskIdIn(made.body.result);
  const session = sessionOf('tools/call');
  const other = await newClient();
  await other.request('tasks/get', { taskId });
  expect(sessionOf('tasks/get')).toEqual(expect.any(String));
  expect(sessionOf('tasks/get')).not.toBe(session);
});
