import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { mcpSessionSignalled } from '@gatehouse/contracts/events/mcp-session-signalled';
import { fullSubject } from '@gatehouse/messaging/subjects';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { ServerResponse } from 'node:http';
import { startBackend, type Received, type TestBackend } from './backend.fixture.js';
import { authorization, legacyClient, post, textOf, type ClientAnswer } from './client.fixture.js';
import type { JsonObject } from './mcp/message.js';
import { startProxy, type TestProxy } from './proxy.fixture.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let other: Awaited<ReturnType<TestProxy['startReplica']>>;
let spy: NatsConnection;
const overheard: string[] = [];

beforeAll(async () => {
  [nats, backend] = await Promise.all([startTestNats(), startBackend({ kind: 'sessions' })]);
  proxy = await startProxy({ nats, backends: [{ name: 'one', url: backend.url, timeoutMs: 120_000 }] });
  other = await proxy.startReplica();
  spy = await connect({ servers: nats.url, ...nats.observerOf('vmcp-proxy') });
  const { gatewayName } = nats.optionsOf('vmcp-proxy');
  spy.subscribe(fullSubject(gatewayName, mcpSessionSignalled.subject), {
    callback: (_error, message) => {
      overheard.push(message.string());
    },
  });
  await spy.flush();
});
beforeEach(() => {
  backend.setIntercept(undefined);
  overheard.length = 0;
});
afterAll(async () => {
  await spy.close();
  await other.close();
  await proxy.close();
  await Promise.all([backend.close(), nats.close()]);
});

const CALL = { name: 'one_echo', arguments: {} };
const CAPABILITIES = { elicitation: {}, sampling: {} };

/** A client whose balancer sends its calls to one replica, and everything else to the other one. */
async function spreadClient() {
  const token = await proxy.token();
  const client = await legacyClient(proxy.mcpUrl, token, { capabilities: CAPABILITIES });
  const headers = { 'mcp-session-id': client.sessionId, ...authorization(token) };
  const send = async (message: JsonObject, from = headers): Promise<ClientAnswer> =>
    await post(other.mcpUrl, { jsonrpc: '2.0', ...message }, from);
  return { token, client, headers, send };
}

/** A call in whose middle the backend asks, under an id of its own, for what only the client can say. */
async function asked(client: Awaited<ReturnType<typeof spreadClient>>['client']) {
  const at = Promise.withResolvers<{ readonly one: Received; readonly response: ServerResponse }>();
  const question = Promise.withResolvers<string>();
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const ask = { jsonrpc: '2.0', id: 'mine', method: 'elicitation/create', params: { message: 'Sure?' } };
    response.write(`data: ${JSON.stringify(ask)}\n\n`);
    at.resolve({ one, response });
    return true;
  });
  const answer = client.request('tools/call', CALL, {
    id: 'the-call',
    heard: (text) => {
      const id = /"id":"(gatehouse-question-[^"]+)"/.exec(text)?.[1];
      if (id !== undefined) question.resolve(id);
    },
  });
  const { one, response } = await at.promise;
  const finish = (): void => {
    const result = {
      jsonrpc: '2.0',
      id: one.body['id'],
      result: { content: [{ type: 'text', text: 'done' }] },
    };
    response.end(`data: ${JSON.stringify(result)}\n\n`);
  };
  return { answer, question: await question.promise, finish, response };
}

const answersAtBackend = (): readonly JsonObject[] =>
  backend.received
    .map(({ body }) => body)
    .filter((body) => body['id'] === 'mine' && body['method'] === undefined);

test('an answer that reaches another replica goes to the backend that asked', async () => {
  const { client, send } = await spreadClient();
  const { answer, question, finish } = await asked(client);
  const before = answersAtBackend().length;
  const result = { action: 'accept', content: { code: 'word-of-the-person' } };
  expect((await send({ id: question, result })).status).toBe(202);
  await until(() => answersAtBackend().length > before);
  expect(answersAtBackend().at(-1)).toEqual({ jsonrpc: '2.0', id: 'mine', result });
  finish();
  expect(textOf(await answer)).toBe('done');
});

test('who reads the bus does not learn what a person answered, nor a session id', async () => {
  const { client, send } = await spreadClient();
  const { answer, question, finish } = await asked(client);
  const before = answersAtBackend().length;
  await send({ id: question, result: { action: 'accept', content: { code: 'word-of-the-person' } } });
  await until(() => answersAtBackend().length > before);
  finish();
  await answer;
  await until(() => overheard.length > 0);
  expect(overheard.join()).not.toMatch(/word-of-the-person|accept/);
  expect(overheard.join()).not.toContain(client.sessionId);
});

test('another session cannot answer by way of another replica, not even with the id of the question', async () => {
  const { client, token, send } = await spreadClient();
  const { answer, question, finish } = await asked(client);
  const before = answersAtBackend().length;
  for (const one of [token, await proxy.token()]) {
    const stranger = await legacyClient(other.mcpUrl, one, { capabilities: CAPABILITIES });
    const headers = { 'mcp-session-id': stranger.sessionId, ...authorization(one) };
    await send({ id: question, result: { action: 'accept' } }, headers);
  }
  await send({ id: question, result: { action: 'decline' } });
  // What came before it on the bus would have been passed on before it.
  await until(() => answersAtBackend().length > before);
  expect(answersAtBackend().slice(before)).toMatchObject([{ result: { action: 'decline' } }]);
  finish();
  await answer;
});

test('an address that is none, or that no replica has, is answered and comes to nothing', async () => {
  const { client, send } = await spreadClient();
  const { answer, question, finish } = await asked(client);
  const before = answersAtBackend().length;
  for (const address of ['A'.repeat(43), 'x'.repeat(43)])
    expect((await send({ id: `gatehouse-question-${address}-1`, result: {} })).status).toBe(202);
  expect((await send({ id: 'gatehouse-question-1', result: {} })).status).toBe(202);
  await send({ id: question, result: { action: 'cancel' } });
  await until(() => answersAtBackend().length > before);
  expect(answersAtBackend().slice(before)).toMatchObject([{ result: { action: 'cancel' } }]);
  finish();
  await answer;
});

test('an answer that is too large for the bus is an error for the backend: it does not wait for nothing', async () => {
  const { client, send } = await spreadClient();
  const { answer, question, finish } = await asked(client);
  const before = answersAtBackend().length;
  await send({ id: question, result: { content: 'x'.repeat(1_500_000) } });
  await until(() => answersAtBackend().length > before);
  expect(answersAtBackend().at(-1)).toMatchObject({
    error: { message: expect.stringContaining('too large') },
  });
  // One that fits goes through whole.
  finish();
  await answer;
  const second = await asked(client);
  const text = 'ü'.repeat(200_000);
  await send({ id: second.question, result: { text } });
  await until(() => answersAtBackend().length > before + 1);
  expect(answersAtBackend().at(-1)).toMatchObject({ result: { text } });
  second.finish();
  await second.answer;
});

test('a cancellation that reaches another replica stops the call', async () => {
  const { client, send } = await spreadClient();
  const { answer, response } = await asked(client);
  const gone = new Promise((resolve) => response.once('close', resolve));
  expect((await send({ method: 'notifications/cancelled', params: { requestId: 'the-call' } })).status).toBe(
    202,
  );
  await gone;
  expect((await answer).body.result).toBeUndefined();
  await until(() => backend.callsOf('notifications/cancelled').length > 0);
});

test('a stranger’s cancellation by way of another replica stops nothing', async () => {
  const { client } = await spreadClient();
  const { answer, finish } = await asked(client);
  const stranger = await spreadClient();
  await stranger.send({ method: 'notifications/cancelled', params: { requestId: 'the-call' } });
  await until(() => overheard.some((text) => text.includes('cancelled')));
  finish();
  expect(textOf(await answer)).toBe('done');
});

test('a session that was ended at one replica is over at the backends of the other one', async () => {
  const { client, headers } = await spreadClient();
  await client.request('tools/call', CALL);
  const atBackend = backend.callsOf('tools/call').at(-1)?.headers['mcp-session-id'];
  const ended = (): boolean =>
    backend.received.some(
      ({ httpMethod, headers: sent }) => httpMethod === 'DELETE' && sent['mcp-session-id'] === atBackend,
    );
  expect((await fetch(other.mcpUrl, { method: 'DELETE', headers })).status).toBe(200);
  await until(ended);
  expect((await client.request('tools/call', CALL)).status).toBe(404);
});

test('a log level that was set at one replica holds for the backend sessions of the other one', async () => {
  const { client, send } = await spreadClient();
  await client.request('tools/call', CALL);
  const atBackend = backend.callsOf('tools/call').at(-1)?.headers['mcp-session-id'];
  await send({ id: 9, method: 'logging/setLevel', params: { level: 'critical' } });
  await until(() =>
    backend
      .callsOf('logging/setLevel')
      .some(
        ({ headers, body }) =>
          headers['mcp-session-id'] === atBackend && JSON.stringify(body).includes('critical'),
      ),
  );
});
