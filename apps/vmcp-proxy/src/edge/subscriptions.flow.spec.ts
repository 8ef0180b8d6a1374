import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { startBackend, type Received, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern, post } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { listeningByGet, listeningByPost, type Listening } from './listening.fixture.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let other: Awaited<ReturnType<TestProxy['startReplica']>>;
const feeds: ServerResponse[] = [];

const RESOURCES = [
  { uri: 'test://watched', name: 'watched' },
  { uri: 'test://other', name: 'other' },
];

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'sessions', resources: RESOURCES });
  proxy = await startProxy({
    nats,
    backends: [{ name: 'one', url: backend.url, strategy: { type: 'upstreamInject', providerName: 'octo' } }],
  });
  other = await proxy.startReplica();
});
beforeEach(() => {
  feeds.length = 0;
  behave(() => false);
});
afterAll(async () => {
  await other.close();
  await proxy.close();
  await Promise.all([backend.close(), nats.close()]);
});

/** A backend that tells of updates, where a test does not want something else. */
function behave(first: (one: Received, response: ServerResponse) => boolean): void {
  backend.setIntercept((one, response) => {
    if (first(one, response)) return true;
    if (one.httpMethod === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      feeds.push(response);
      return true;
    }
    const method = one.body['method'];
    if (method !== 'resources/subscribe' && method !== 'resources/unsubscribe') return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result: {} }));
    return true;
  });
}

const updated = (uri: string): void => {
  for (const feed of feeds)
    feed.write(
      `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } })}\n\n`,
    );
};
const told = ({ messages }: Listening): readonly unknown[] =>
  messages.filter(({ method }) => method === 'notifications/resources/updated').map(({ params }) => params);
/** In the session that the feed belongs to. */
const subscribedTo = (): readonly unknown[] => {
  const session = backend.received.filter(({ httpMethod }) => httpMethod === 'GET').at(-1)?.headers[
    'mcp-session-id'
  ];
  return backend
    .callsOf('resources/subscribe')
    .filter(({ headers }) => headers['mcp-session-id'] === session)
    .map(({ body }) => (body['params'] as { readonly uri: unknown }).uri);
};

async function newClient(at = proxy.mcpUrl) {
  const account = randomUUID();
  const token = await proxy.token({ sub: account });
  const client = await legacyClient(at, token);
  const headers = { 'mcp-session-id': client.sessionId, ...authorization(token) };
  const listen = async (): Promise<Listening> => await listeningByGet(proxy.mcpUrl, token, client.sessionId);
  return { account, token, client, headers, listen };
}

test('a client with a session hears of updates of what it subscribed to, and of nothing else', async () => {
  const { client, listen } = await newClient();
  const stream = await listen();
  expect((await client.request('resources/subscribe', { uri: 'test://watched' })).body.result).toEqual({});
  await until(() => feeds.length === 1 && subscribedTo().includes('test://watched'));
  updated('test://other');
  updated('test://watched');
  await until(() => told(stream).length > 0);
  expect(told(stream)).toEqual([{ uri: 'test://watched' }]);
  stream.close();
});

test('a part of it counts: the update names the part', async () => {
  const { client, listen } = await newClient();
  const stream = await listen();
  await client.request('resources/subscribe', { uri: 'test://watched' });
  await until(() => feeds.length === 1 && subscribedTo().length > 0);
  updated('test://watched-by-another');
  updated('test://watched/part');
  await until(() => told(stream).length > 0);
  expect(told(stream)).toEqual([{ uri: 'test://watched/part' }]);
  stream.close();
});

test('after unsubscribing it hears no more', async () => {
  const { client, listen } = await newClient();
  const stream = await listen();
  for (const uri of ['test://watched', 'test://other']) await client.request('resources/subscribe', { uri });
  await until(() => feeds.length === 1 && subscribedTo().length >= 2);
  expect((await client.request('resources/unsubscribe', { uri: 'test://watched' })).body.result).toEqual({});
  await until(() => backend.callsOf('resources/unsubscribe').length > 0);
  updated('test://watched');
  updated('test://other');
  await until(() => told(stream).length > 0);
  expect(told(stream)).toEqual([{ uri: 'test://other' }]);
  stream.close();
});

test('a subscription made at another replica than the one that has the stream counts', async () => {
  const { token, headers, listen } = await newClient();
  const stream = await listen();
  await until(() => feeds.length === 1);
  const subscribe = {
    jsonrpc: '2.0',
    id: 5,
    method: 'resources/subscribe',
    params: { uri: 'test://watched' },
  };
  expect((await post(other.mcpUrl, subscribe, headers)).body.result).toEqual({});
  await until(() => subscribedTo().includes('test://watched'));
  updated('test://watched');
  await until(() => told(stream).length > 0);
  expect(token).not.toBe('');
  stream.close();
});

test('what was subscribed to before the stream, and before it broke off, is heard on the next one', async () => {
  const { client, listen } = await newClient();
  await client.request('resources/subscribe', { uri: 'test://watched' });
  const first = await listen();
  await until(() => feeds.length === 1);
  first.close();
  const second = await listen();
  for (const feed of feeds) feed.end();
  await until(() => feeds.length === 2);
  feeds.shift();
  updated('test://watched');
  await until(() => told(second).length > 0);
  second.close();
});

test('a client of 2026-07-28 names resources in its request: those that there are are acknowledged, and told', async () => {
  const { token } = await newClient();
  const stream = await listeningByPost(proxy.mcpUrl, token, {
    resourceSubscriptions: ['test://watched', 7],
  });
  await until(() => feeds.length === 1 && subscribedTo().includes('test://watched'));
  expect(stream.messages[0]).toMatchObject({
    params: { notifications: { resourceSubscriptions: ['test://watched'] } },
  });
  updated('test://watched');
  await until(() => told(stream).length > 0);
  expect(told(stream)).toMatchObject([{ uri: 'test://watched' }]);
  stream.close();
});

test('a person with many subscriptions does not take the places of calls: they are made one after the other', async () => {
  const { token } = await newClient();
  let running = 0;
  let most = 0;
  behave(({ body }, response) => {
    if (body['method'] !== 'resources/subscribe') return false;
    running += 1;
    most = Math.max(most, running);
    setImmediate(() => {
      running -= 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: body['id'], result: {} }));
    });
    return true;
  });
  const uris = Array.from({ length: 50 }, (_, index) => `test://watched/${index}`);
  const stream = await listeningByPost(proxy.mcpUrl, token, { resourceSubscriptions: uris });
  await until(() => subscribedTo().length >= 50);
  expect(most).toBe(1);
  stream.close();
});

test('endless and countless URIs are not kept, nor acknowledged', async () => {
  const { token } = await newClient();
  const listen = async (uris: readonly string[]): Promise<Listening> =>
    await listeningByPost(proxy.mcpUrl, token, { resourceSubscriptions: uris });
  const stream = await listen(['test://watched', `test://${'x'.repeat(3_000)}`]);
  await until(() => stream.messages.length === 1);
  expect(stream.messages[0]).toMatchObject({
    params: { notifications: { resourceSubscriptions: ['test://watched'] } },
  });
  stream.close();
  const many = await listen(
    Array.from({ length: 300 }, (_, index) => `test://${index}/${'y'.repeat(1_000)}`),
  );
  expect(many.status).toBe(400);
});

test('a backend that does not tell of updates: the client is told that, and not that all is well', async () => {
  const { client } = await newClient();
  behave(({ body }, response) => {
    if (body['method'] !== 'resources/subscribe') return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: body['id'], error: { code: -32_601, message: 'no' } }));
    return true;
  });
  const { body } = await client.request('resources/subscribe', { uri: 'test://watched' });
  expect(body.error).toMatchObject({
    code: -32_601,
    message: expect.stringContaining('one does not tell of updates'),
  });
});

test('a resource that nobody has, and one whose account is not connected', async () => {
  const { account, token, client } = await newClient();
  const unknown = await client.request('resources/subscribe', {});
  expect(unknown.body.error).toMatchObject({ code: -32_002 });
  await modern(proxy.mcpUrl, 'resources/list', {}, { token });
  // Its account is lost between the list and the subscription.
  proxy.surroundings.credentials.set('one', { code: 'connection_missing' });
  await proxy.connectionChanged(account, 'octo', 'revoked');
  const { body } = await client.request('resources/subscribe', { uri: 'test://watched' });
  proxy.surroundings.credentials.delete('one');
  expect(JSON.stringify(body.error)).toContain('octo');
});

test('a tool that a backend got while its stream was being opened is found, though nobody was told of it', async () => {
  const token = await proxy.token({ sub: randomUUID() });
  await modern(proxy.mcpUrl, 'tools/list', {}, { token });
  const opening = Promise.withResolvers<ServerResponse>();
  behave(({ httpMethod }, response) => {
    if (httpMethod === 'GET') opening.resolve(response);
    return httpMethod === 'GET';
  });
  const stream = await listeningByPost(proxy.mcpUrl, token, { toolsListChanged: true });
  const response = await opening.promise;
  backend.setTools([{ name: 'new', inputSchema: { type: 'object' } }]);
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  await until(() => stream.messages.some(({ method }) => method === 'notifications/tools/list_changed'));
  stream.close();
});
