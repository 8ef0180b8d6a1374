import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern, type LegacyClient } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { taskIdIn } from './task-world.fixture.js';

const ADA = '6f1f0a51-6a0c-4a52-9f4e-7f3c1d2a9b01';
const TASK = { taskId: 'theirs', status: 'working', createdAt: '2026-11-26T00:00:00Z', ttl: 60_000 };

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
  return await legacyClient(proxy.mcpUrl, token);
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
