import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import type { ServerResponse } from 'node:http';
import { authorization, legacyClient, post, type LegacyClient } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { call, onCall, startCallWorld, type CallWorld } from './call-world.fixture.js';

let world: CallWorld;
beforeAll(async () => {
  world = await startCallWorld();
});
afterAll(() => world.close());

const CAN_ANSWER = { elicitation: {}, sampling: {}, experimental: { mine: {} } };

/** A backend that asks its client something in the middle of a call, always with the id 0. */
async function askInACall(client: LegacyClient, token: string) {
  let open: ServerResponse | undefined;
  let callId: unknown;
  world.backend('sessions').setIntercept(
    onCall((one, response) => {
      open = response;
      callId = one.body['id'];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const question = { jsonrpc: '2.0', id: 0, method: 'elicitation/create', params: { message: 'Sure?' } };
      response.write(`data: ${JSON.stringify(question)}\n\n`);
    }),
  );
  const response = await fetch(world.proxy.mcpUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'mcp-session-id': client.sessionId,
      ...authorization(token),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'c', method: 'tools/call', params: call('sessions') }),
  });
  const reader = response.body?.getReader();
  const next = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString();
  let data: string | undefined;
  // The event that says where the stream is has no data.
  while (data === undefined) data = /data: (.+)/.exec(await next())?.[1];
  const asked = JSON.parse(data) as JsonObject;
  return {
    asked,
    next,
    finish: () =>
      open?.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: callId, result: { content: [] } })}\n\n`),
  };
}

const answersAt = () =>
  world.backend('sessions').received.filter(({ body }) => body['method'] === undefined && 'result' in body);

test('a backend’s question reaches the client that may be asked, and its answer the backend session that asked', async () => {
  const token = await world.newCaller();
  const client = await legacyClient(world.proxy.mcpUrl, token, { capabilities: CAN_ANSWER });
  const { asked, next, finish } = await askInACall(client, token);
  expect(asked).toMatchObject({ method: 'elicitation/create', params: { message: 'Sure?' } });
  expect(asked['id']).not.toBe(0);
  const answer = { jsonrpc: '2.0', id: asked['id'], result: { action: 'accept' } };
  const headers = { 'mcp-session-id': client.sessionId, ...authorization(token) };
  expect((await post(world.proxy.mcpUrl, answer, headers)).status).toBe(202);
  await until(() => answersAt().length === 1);
  expect(answersAt()[0]).toMatchObject({ body: { id: 0, result: { action: 'accept' } } });
  finish();
  expect(await next()).toContain('"id":"c"');
  expect(world.backend('sessions').callsOf('initialize').at(-1)?.body['params']).toMatchObject({
    capabilities: { elicitation: {}, sampling: {} },
  });
});

test('another session cannot answer in its place, not even of the same user', async () => {
  const token = await world.newCaller();
  const client = await legacyClient(world.proxy.mcpUrl, token, { capabilities: CAN_ANSWER });
  const { asked, finish } = await askInACall(client, token);
  const before = answersAt().length;
  for (const one of [token, await world.proxy.token()]) {
    const stranger = await legacyClient(world.proxy.mcpUrl, one);
    const answer = { jsonrpc: '2.0', id: asked['id'], result: { action: 'accept' } };
    await post(world.proxy.mcpUrl, answer, { 'mcp-session-id': stranger.sessionId, ...authorization(one) });
  }
  const answer = { jsonrpc: '2.0', id: asked['id'], result: { action: 'decline' } };
  await post(world.proxy.mcpUrl, answer, { 'mcp-session-id': client.sessionId, ...authorization(token) });
  // What came before it would have been passed on before it.
  await until(() => answersAt().length > before);
  expect(answersAt().slice(before)).toMatchObject([{ body: { result: { action: 'decline' } } }]);
  finish();
});

test.each([
  ['in a batch, which nobody reads before its end', true],
  ['on an answer that cannot be an event stream', false],
])('%s, a question is refused to the backend at once', async (_where, isBatch) => {
  const token = await world.newCaller();
  const backend = world.backend('sessions');
  const before = backend.received.length;
  const refused = (): boolean =>
    backend.received.slice(before).some(({ body }) => body['id'] === 0 && 'error' in body);
  backend.setIntercept(
    onCall((one, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'roots/list' })}\n\n`);
      const result = { content: [{ type: 'text', text: 'went on without' }] };
      void until(refused).then(() =>
        response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result })}\n\n`),
      );
    }),
  );
  const options = { capabilities: { roots: {} }, version: '2025-03-26' };
  const client = await legacyClient(world.proxy.mcpUrl, token, options);
  const message = { jsonrpc: '2.0', id: 'c', method: 'tools/call', params: call('sessions') };
  const headers = { 'mcp-session-id': client.sessionId, ...authorization(token) };
  const { text } = await (isBatch
    ? post(world.proxy.mcpUrl, [message], headers)
    : post(world.proxy.mcpUrl, message, { ...headers, accept: 'application/json' }));
  expect(text).toContain('went on without');
  expect(text).not.toContain('roots/list');
});

test('a log level reaches the sessions that there are and those that are made later', async () => {
  const token = await world.newCaller();
  const client = await legacyClient(world.proxy.mcpUrl, token);
  await client.request('logging/setLevel', { level: 'error' });
  await client.request('tools/call', call('sessions'));
  const levels = () =>
    world
      .backend('sessions')
      .callsOf('logging/setLevel')
      .map(({ body }) => (body['params'] as JsonObject)['level']);
  await until(() => levels().includes('error'));
  await client.request('logging/setLevel', { level: 'debug' });
  await until(() => levels().includes('debug'));
});
