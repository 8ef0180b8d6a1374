import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { startBackend, type Received, type TestBackend } from './backend.fixture.js';
import { legacyClient, modern } from './client.fixture.js';
import type { JsonObject } from './mcp/message.js';
import { startProxy, type TestProxy } from './proxy.fixture.js';

let nats: TestNats;
let own: TestBackend;
let open: TestBackend;
let proxy: TestProxy;

beforeEach(async () => {
  nats = await startTestNats();
  own = await startBackend({ kind: 'sessions' });
  open = await startBackend({ kind: 'sessions' });
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'own', url: own.url, strategy: { type: 'upstreamInject', providerName: 'octo' } },
      { name: 'open', url: open.url },
    ],
  });
});
afterEach(async () => {
  await proxy.close();
  await Promise.all([own.close(), open.close()]);
  await nats.close();
});

const ready = async (): Promise<boolean> => (await fetch(`${proxy.internalOrigin}/readyz`)).status === 200;

/** The bus is lost, something happens, the bus is found again. */
async function whileCutOff(happens: () => void): Promise<void> {
  await nats.kill();
  await until(async () => !(await ready()));
  happens();
  await nats.start();
  await until(ready);
}

const sessionAndToken = ({ headers }: Received): readonly unknown[] => [
  headers['mcp-session-id'],
  headers.authorization,
];

test('a backend session begun as one account is not gone on with as another that was connected while the bus was lost', async () => {
  proxy.surroundings.credentials.set('own', 'token-a');
  const client = await legacyClient(proxy.mcpUrl, await proxy.token());
  const call = async (name: string): Promise<unknown> =>
    (await client.request('tools/call', { name: `${name}_echo`, arguments: {} })).body.result?.['isError'];
  await call('own');
  await call('open');
  const [sessionOfA] = own.callsOf('tools/call').map(sessionAndToken).at(-1) ?? [];
  const openSession = open.callsOf('tools/call').at(-1)?.headers['mcp-session-id'];
  await whileCutOff(() => proxy.surroundings.credentials.set('own', 'token-b'));
  const last = (): readonly unknown[] => own.callsOf('tools/call').map(sessionAndToken).at(-1) ?? [];
  // Until the proxy has noticed, and the vault is back, calls go on as A or fail.
  await until(async () => {
    await call('own');
    return last()[1] === 'Bearer token-b';
  });
  expect(last()[0]).not.toBe(sessionOfA);
  for (const [used, sentWith] of own.received.map(sessionAndToken))
    expect([used, sentWith]).not.toEqual([sessionOfA, 'Bearer token-b']);
  // Where no account at a provider is concerned, the backend keeps what it knows.
  await call('open');
  expect(open.callsOf('tools/call').at(-1)?.headers['mcp-session-id']).toBe(openSession);
});

test('while the bus is lost and found, calls in flight go on, but those of a session that was closed meanwhile end', async () => {
  const running: { readonly id: unknown; readonly response: ServerResponse }[] = [];
  own.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': it runs\n\n');
    running.push({ id: one.body['id'], response });
    return true;
  });
  const tsid = randomUUID();
  const [mine, theirs] = [await proxy.token({ tsid }), await proxy.token()];
  for (const token of [mine, theirs]) await modern(proxy.mcpUrl, 'tools/list', {}, { token });
  const [ended, goesOn] = [mine, theirs].map(
    async (token) => await modern(proxy.mcpUrl, 'tools/call', { name: 'own_echo', arguments: {} }, { token }),
  );
  await until(() => running.length === 2);
  await whileCutOff(() => proxy.surroundings.closedSessions.add(tsid));
  expect((await ended)?.text).toContain('session_closed');
  for (const { id, response } of running)
    response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } })}\n\n`);
  expect((await goesOn)?.body.result).toMatchObject({ content: [] });
});

/** A call whose backend asks on its stream; `ask` says when. */
async function askingCall(token: string) {
  const held = Promise.withResolvers<Received & { readonly response: ServerResponse }>();
  own.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    held.resolve({ ...one, response });
    return true;
  });
  const params = { name: 'own_echo', arguments: {} };
  const call = async (more: JsonObject = {}) =>
    await modern(
      proxy.mcpUrl,
      'tools/call',
      { ...params, ...more },
      { token, capabilities: { elicitation: {} } },
    );
  const answer = call();
  const { response, ...received } = await held.promise;
  let isClosed = false;
  response.on('close', () => (isClosed = true));
  return {
    answer,
    call,
    response,
    received,
    isClosed: () => isClosed,
    ask: () =>
      void response.write(
        `data: ${JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: { message: 'Sure?' } })}\n\n`,
      ),
    replies: () =>
      own.received.filter(({ httpMethod, body }) => httpMethod === 'POST' && body['method'] === undefined),
  };
}

test('a call that waits for its client ends when its person changes the account: the answer reaches no session of the other one', async () => {
  const subject = randomUUID();
  const { answer, ask, call, isClosed, replies } = await askingCall(await proxy.token({ sub: subject }));
  ask();
  const { result } = (await answer).body;
  expect(result).toMatchObject({ resultType: 'input_required' });
  proxy.surroundings.credentials.set('own', 'token-b');
  await proxy.connectionChanged(randomUUID(), 'octo', 'connected');
  await proxy.connectionChanged(subject, 'another', 'connected');
  expect(isClosed()).toBe(false);
  await proxy.connectionChanged(subject, 'octo', 'connected');
  await until(isClosed);
  const inputResponses = { question_1: { action: 'accept' } };
  const late = await call({ inputResponses, requestState: result?.['requestState'] });
  expect([late.status, late.body.error?.code]).toEqual([400, -32_602]);
  expect(replies()).toEqual([]);
});

test('a call whose person changes the account, and whose backend asks then, ends: nobody is asked for the other one, and nothing is said in its session', async () => {
  const subject = randomUUID();
  const { answer, ask, isClosed, replies } = await askingCall(await proxy.token({ sub: subject }));
  await proxy.connectionChanged(subject, 'octo', 'connected');
  ask();
  expect((await answer).text).toMatch(/not known whether it was done|check before/);
  await until(isClosed);
  expect(replies()).toEqual([]);
});

test('a call that runs while its person changes the account goes on', async () => {
  const subject = randomUUID();
  const { answer, response, received } = await askingCall(await proxy.token({ sub: subject }));
  await proxy.connectionChanged(subject, 'octo', 'connected');
  response.end(
    `data: ${JSON.stringify({ jsonrpc: '2.0', id: received.body['id'], result: { content: [] } })}\n\n`,
  );
  expect((await answer).body.result).toMatchObject({ content: [], resultType: 'complete' });
});
