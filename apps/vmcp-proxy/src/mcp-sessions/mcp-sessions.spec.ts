import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, post } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'sessions' });
  proxy = await startProxy({ nats, backends: [{ name: 'one', url: backend.url }] });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

const LIST = { jsonrpc: '2.0', id: 7, method: 'tools/list' };
const within = (sessionId: string, token: string) => ({
  'mcp-session-id': sessionId,
  ...authorization(token),
});

test('initialize gives an unguessable id and the revision that the client asked for', async () => {
  for (const version of ['2025-03-26', '2025-06-18', '2025-11-25']) {
    const client = await legacyClient(proxy.mcpUrl, await proxy.token(), { version });
    expect(client.sessionId).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(client.initialized.body.result?.['protocolVersion']).toBe(version);
  }
});

// MCP 2025-11-25, lifecycle.
test('a revision that nobody knows gets the newest of those with sessions', async () => {
  const client = await legacyClient(proxy.mcpUrl, await proxy.token(), { version: '1999-01-01' });
  expect(client.initialized.body.result?.['protocolVersion']).toBe('2025-11-25');
});

test("another user with the session id gets 404, and the owner's session goes on", async () => {
  const owner = await proxy.token();
  const client = await legacyClient(proxy.mcpUrl, owner);
  const thief = await proxy.token();
  for (const attempt of [
    LIST,
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
  ])
    expect((await post(proxy.mcpUrl, attempt, within(client.sessionId, thief))).status).toBe(404);
  const ended = await fetch(proxy.mcpUrl, { method: 'DELETE', headers: within(client.sessionId, thief) });
  expect(ended.status).toBe(404);
  expect((await client.request('tools/list')).status).toBe(200);
});

test('the same subject at another issuer is another user', async () => {
  const { McpSessionStore } = await import('./mcp-session.store.js');
  const kept = new Map<string, string>();
  const store = new McpSessionStore({
    get: async (key) => await Promise.resolve({ value: kept.get(key) ?? '', revision: 1 }),
    put: async (key, value) => {
      kept.set(key, value);
      return await Promise.resolve(1);
    },
    update: async () => await Promise.resolve(true),
    delete: async () => await Promise.resolve(),
  });
  const principal = { issuer: 'https://a', subject: 's', clientId: 'c', scopes: new Set<string>(), key: 'k' };
  const session = await store.open(principal, {
    protocolVersion: '2025-11-25',
    clientInfo: {},
    capabilities: {},
  });
  store.forgetCopies();
  expect(await store.find({ ...principal, issuer: 'https://b' }, '', session.id)).toBeUndefined();
  expect(await store.find(principal, '', session.id)).toMatchObject({ id: session.id });
  expect([...kept.keys()].join()).not.toContain(session.id);
});

test('a session outlives its token: a renewed one of the same user goes on with it', async () => {
  const person = { sub: randomUUID(), tsid: randomUUID() };
  const client = await legacyClient(proxy.mcpUrl, await proxy.token(person));
  const renewed = await proxy.token(person);
  expect((await post(proxy.mcpUrl, LIST, within(client.sessionId, renewed))).status).toBe(200);
});

// MCP 2025-11-25, transports.
test('an unknown session is 404, a missing one 400, an unknown revision header 400', async () => {
  const token = await proxy.token();
  expect((await post(proxy.mcpUrl, LIST, within('A'.repeat(43), token))).status).toBe(404);
  expect((await post(proxy.mcpUrl, LIST, authorization(token))).status).toBe(400);
  const client = await legacyClient(proxy.mcpUrl, token);
  const odd = await client.request('tools/list', {}, { headers: { 'mcp-protocol-version': '2024-01-01' } });
  expect(odd.status).toBe(400);
});

// MCP 2025-11-25, transports.
test('DELETE ends it for good, and ends its session at the backend', async () => {
  const token = await proxy.token();
  const client = await legacyClient(proxy.mcpUrl, token);
  await client.request('tools/call', { name: 'one_echo', arguments: {} });
  const ended = await fetch(proxy.mcpUrl, { method: 'DELETE', headers: within(client.sessionId, token) });
  expect(ended.status).toBe(200);
  expect((await client.request('tools/list')).status).toBe(404);
  await until(() => backend.received.some(({ httpMethod }) => httpMethod === 'DELETE'));
});

test('ping and logging/setLevel are answered here; notifications get 202', async () => {
  const client = await legacyClient(proxy.mcpUrl, await proxy.token());
  expect((await client.request('ping')).body.result).toEqual({});
  expect((await client.request('logging/setLevel', { level: 'warning' })).body.result).toEqual({});
  expect((await client.request('logging/setLevel', { level: 'loud' })).body.error?.code).toBe(-32_602);
  expect((await client.notify('notifications/initialized')).status).toBe(202);
});

test("two clients of one user never share a backend session, and neither sees the other's", async () => {
  const token = await proxy.token();
  const [first, second] = [await legacyClient(proxy.mcpUrl, token), await legacyClient(proxy.mcpUrl, token)];
  const before = backend.received.length;
  await Promise.all(
    [first, second].map((client) => client.request('tools/call', { name: 'one_echo', arguments: {} })),
  );
  const calls = backend.received.slice(before).filter(({ body }) => body['method'] === 'tools/call');
  expect(new Set(calls.map(({ headers }) => headers['mcp-session-id'])).size).toBe(2);
  for (const { headers } of backend.received)
    expect([first.sessionId, second.sessionId]).not.toContain(headers['mcp-session-id']);
});

test('a backend that lost our session is initialised anew, once, and the call succeeds', async () => {
  const client = await legacyClient(proxy.mcpUrl, await proxy.token());
  const call = { name: 'one_echo', arguments: {} };
  await client.request('tools/call', call);
  backend.forgetSessions();
  const before = backend.received.length;
  expect((await client.request('tools/call', call)).body.result).toBeDefined();
  const methods = backend.received.slice(before).map(({ body, httpMethod }) => body['method'] ?? httpMethod);
  // Whether the new session has a stream is asked once, and before the call.
  expect(methods).toEqual(['tools/call', 'initialize', 'notifications/initialized', 'GET', 'tools/call']);
});

test('a session that one replica opened goes on at another, for its owner only', async () => {
  const token = await proxy.token();
  const client = await legacyClient(proxy.mcpUrl, token);
  const replica = await proxy.startReplica();
  expect((await post(replica.mcpUrl, LIST, within(client.sessionId, token))).status).toBe(200);
  const thief = await proxy.token();
  expect((await post(replica.mcpUrl, LIST, within(client.sessionId, thief))).status).toBe(404);
  expect((await client.request('tools/list')).status).toBe(200);
  await replica.close();
});

test('a backend that was updated to 2026-07-28 is found out without a restart of the gateway', async () => {
  const updated = await startBackend({ kind: 'sessions' });
  const bus = await startTestNats();
  const other = await startProxy({ nats: bus, backends: [{ name: 'one', url: updated.url }] });
  const client = await legacyClient(other.mcpUrl, await other.token());
  const call = { name: 'one_echo', arguments: {} };
  await client.request('tools/call', call);
  updated.become('modern');
  expect((await client.request('tools/call', call)).body.result).toBeDefined();
  expect(updated.callsOf('tools/call').at(-1)?.headers['mcp-protocol-version']).toBe('2026-07-28');
  updated.become('stateless');
  expect((await client.request('tools/call', call)).body.result).toBeDefined();
  await other.close();
  await bus.close();
  await updated.close();
});

test('a backend session that was begun as one account of the provider is not gone on with as another', async () => {
  const subject = randomUUID();
  const owned = await startBackend({ kind: 'sessions' });
  const bus = await startTestNats();
  const other = await startProxy({
    nats: bus,
    backends: [{ name: 'own', url: owned.url, strategy: { type: 'upstreamInject', providerName: 'octo' } }],
  });
  const client = await legacyClient(other.mcpUrl, await other.token({ sub: subject }));
  const sessionOfCall = async (): Promise<unknown> => {
    await client.request('tools/call', { name: 'own_echo', arguments: {} });
    return owned.callsOf('tools/call').at(-1)?.headers['mcp-session-id'];
  };
  const before = await sessionOfCall();
  expect(before).toBeDefined();
  expect(await sessionOfCall()).toBe(before);
  other.surroundings.credentials.set('own', 'token-of-another-account');
  await other.connectionChanged(subject, 'octo', 'connected');
  expect(await sessionOfCall()).not.toBe(before);
  await other.close();
  await bus.close();
  await owned.close();
});

/** Its bucket is a map. */
async function storeInMemory() {
  const { McpSessionStore } = await import('./mcp-session.store.js');
  const kept = new Map<string, string>();
  const store = new McpSessionStore({
    get: async (key) => {
      const value = kept.get(key);
      return await Promise.resolve(value === undefined ? undefined : { value, revision: 1 });
    },
    put: async (key, value) => {
      kept.set(key, value);
      return await Promise.resolve(1);
    },
    update: async () => await Promise.resolve(true),
    delete: async (key) => {
      kept.delete(key);
      await Promise.resolve();
    },
  });
  return { store, kept };
}

const GREEDY = { issuer: 'i', subject: 'greedy', clientId: 'c', scopes: new Set<string>(), key: 'k' };
const STARTED = { protocolVersion: '2025-11-25', clientInfo: {}, capabilities: {} } as const;

test('attack: a delegate fills the bucket, or ends the person’s sessions, with a token of other scopes for each of its own', async () => {
  const { store, kept } = await storeInMemory();
  const person = await store.open(GREEDY, STARTED);
  const delegateWith = (scopes: number) => ({
    ...GREEDY,
    clientId: 'agent',
    delegate: { actors: ['agent'], chain: 'chain', key: `scopes ${scopes}` },
  });
  for (let count = 0; count < 300; count += 1) await store.open(delegateWith(count % 30), STARTED);
  expect(kept.size).toBe(201);
  expect(await store.find(GREEDY, '', person.id)).toBeDefined();
});

test('one person cannot fill the bucket: beyond two hundred sessions the one begun first is ended', async () => {
  const { store, kept } = await storeInMemory();
  const [greedy, started] = [GREEDY, STARTED];
  const others = await store.open({ ...greedy, subject: 'other' }, started);
  const first = await store.open(greedy, started);
  for (let count = 0; count < 300; count += 1) await store.open(greedy, started);
  expect(kept.size).toBe(201);
  expect(await store.find(greedy, '', first.id)).toBeUndefined();
  expect(await store.find({ ...greedy, subject: 'other' }, '', others.id)).toBeDefined();
});
