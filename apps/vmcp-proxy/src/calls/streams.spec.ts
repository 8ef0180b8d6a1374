import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import { request, type ServerResponse } from 'node:http';
import { authorization, legacyClient, modern, type ClientAnswer } from '../client.fixture.js';
import {
  call,
  isCall,
  progressTokenOf,
  startCallWorld,
  type BackendName,
  type CallWorld,
} from './call-world.fixture.js';

let world: CallWorld;
let token: string;

beforeAll(async () => {
  world = await startCallWorld();
});
beforeEach(async () => {
  token = await world.newCaller();
});
afterAll(() => world.close());

for (const kind of ['modern', 'stateless'] as const)
  for (const era of ['modern', 'legacy'] as const)
    test(`events of a ${kind} backend reach a ${era} client one by one, not at the end`, async () => {
      let finish: () => void = () => undefined;
      world.backend(kind).setIntercept((one, response) => {
        if (!isCall(one)) return false;
        const event = (message: unknown) =>
          response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        event({
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { progressToken: 1, progress: 1 },
        });
        finish = () => {
          event({
            jsonrpc: '2.0',
            id: one.body['id'],
            result: { content: [], ...(kind === 'modern' ? { resultType: 'complete' } : {}) },
          });
          response.end();
        };
        return true;
      });
      const client = era === 'legacy' ? await legacyClient(world.proxy.mcpUrl, token) : undefined;
      const meta = {
        progressToken: 1,
        ...(era === 'modern'
          ? {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientCapabilities': {},
            }
          : {}),
      };
      const response = await fetch(world.proxy.mcpUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...authorization(token),
          ...(client === undefined
            ? { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': `${kind}_echo` }
            : { 'mcp-session-id': client.sessionId }),
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 'mine',
          method: 'tools/call',
          params: { ...call(kind), _meta: meta },
        }),
      });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(response.headers.get('x-accel-buffering')).toBe('no');
      const reader = response.body?.getReader();
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('notifications/progress');
      finish();
      const last = Buffer.from((await reader?.read())?.value ?? []).toString();
      expect(last).toContain('"id":"mine"');
      expect(last.includes('resultType')).toBe(era === 'modern');
    });

for (const kind of ['modern', 'stateless', 'sessions'] as const)
  for (const era of ['modern', 'legacy'] as const)
    test(`a ${kind} backend that keeps its stream open after the response does not hold up a ${era} client, which gets one response`, async () => {
      let closed = false;
      world.backend(kind).setIntercept((one, response) => {
        if (!isCall(one)) return false;
        response.on('close', () => (closed = true));
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const result = { content: [], ...(kind === 'modern' ? { resultType: 'complete' } : {}) };
        response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result })}\n\n`);
        return true;
      });
      const answer =
        era === 'modern'
          ? await modern(world.proxy.mcpUrl, 'tools/call', call(kind), { token })
          : await (await legacyClient(world.proxy.mcpUrl, token)).request('tools/call', call(kind));
      expect(answer.text.match(/"id":/g)).toHaveLength(1);
      expect(answer.body.result).toBeDefined();
      await until(() => closed);
    });

test('a client that goes away aborts the backend’s request', async () => {
  let aborted = false;
  world.backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.on('close', () => (aborted = true));
    return true;
  });
  const before = world.backend('modern').callsOf('tools/call').length;
  const controller = new AbortController();
  const calling = modern(world.proxy.mcpUrl, 'tools/call', call('modern'), {
    token,
    signal: controller.signal,
  });
  calling.catch(() => undefined);
  await until(() => world.backend('modern').callsOf('tools/call').length > before);
  controller.abort();
  await until(() => aborted);
});

test('notifications/cancelled stops the call, and the backend is told with the id that it knows', async () => {
  world.backend('sessions').setIntercept(isCall);
  const client = await legacyClient(world.proxy.mcpUrl, token);
  const before = world.backend('sessions').callsOf('tools/call').length;
  const calling = client.request('tools/call', call('sessions'), { id: 'to-cancel' });
  await until(() => world.backend('sessions').callsOf('tools/call').length > before);
  const stranger = await legacyClient(world.proxy.mcpUrl, token);
  await stranger.notify('notifications/cancelled', { requestId: 'to-cancel' });
  await client.notify('notifications/cancelled', { requestId: 'to-cancel' });
  expect((await calling).status).toBe(202);
  await until(() => world.backend('sessions').callsOf('notifications/cancelled').length > 0);
  expect(world.backend('sessions').callsOf('notifications/cancelled').at(-1)?.body['params']).toMatchObject({
    requestId: 'to-cancel',
  });
});

/** Backends that say something and then nothing more, until `closed`. */
function heldOpen(name: BackendName): { readonly closed: () => number; finish(): void } {
  const running = new Set<ServerResponse>();
  let closed = 0;
  world.backend(name).setIntercept((one, response) => {
    if (!isCall(one)) return false;
    running.add(response);
    response.on('close', () => {
      running.delete(response);
      closed += 1;
    });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(
      `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: progressTokenOf(one), progress: 1 } })}\n\n`,
    );
    return true;
  });
  return {
    closed: () => closed,
    finish: () => {
      for (const response of running) response.end();
    },
  };
}

for (const kind of ['modern', 'stateless', 'sessions'] as const)
  for (const era of ['modern', 'legacy'] as const)
    test(`a sign-out ends the running streams of a ${era} client at a ${kind} backend, and nobody else’s`, async () => {
      const stream = heldOpen(kind);
      const heard = new Set<string>();
      const start = async (callersToken: string): Promise<ClientAnswer> => {
        const params = { ...call(kind), _meta: { progressToken: 7 } };
        const sent = { token: callersToken, heard: () => heard.add(callersToken) };
        const calling =
          era === 'modern'
            ? modern(world.proxy.mcpUrl, 'tools/call', params, sent)
            : (await legacyClient(world.proxy.mcpUrl, callersToken)).request('tools/call', params, sent);
        return await calling;
      };
      const tsid = randomUUID();
      const other = start(token);
      const signedOut = start(await world.proxy.token({ tsid }));
      await until(() => heard.size === 2);
      await world.proxy.sessionClosed(tsid);
      const answer = await signedOut;
      expect(answer.text).toContain('"progressToken":7');
      expect(answer.body.error).toMatchObject({ code: -31_000, data: { code: 'session_closed' } });
      await until(() => stream.closed() === 1);
      stream.finish();
      expect((await other).text).not.toContain('session_closed');
    });

test('a sign-out ends a call that was not answered yet with 401', async () => {
  let aborted = false;
  world.backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.on('close', () => (aborted = true));
    return true;
  });
  const tsid = randomUUID();
  const before = world.backend('modern').callsOf('tools/call').length;
  const mine = await world.proxy.token({ tsid });
  const calling = modern(world.proxy.mcpUrl, 'tools/call', call('modern'), { token: mine });
  await until(() => world.backend('modern').callsOf('tools/call').length > before);
  await world.proxy.sessionClosed(tsid);
  const { status, headers } = await calling;
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  await until(() => aborted);
});

test('a call whose body is sent slowly does not run when its session ends meanwhile', async () => {
  const tsid = randomUUID();
  const mine = await world.proxy.token({ tsid });
  await modern(world.proxy.mcpUrl, 'tools/list', {}, { token: mine });
  const before = world.backend('modern').callsOf('tools/call').length;
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { ...call('modern'), _meta },
  });
  const sent = request(world.proxy.mcpUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'modern_echo',
      // So that the proxy says when it has seen the head of the request.
      expect: '100-continue',
      ...authorization(mine),
    },
  });
  const status = new Promise<number | undefined>((resolve, reject) => {
    sent.on('response', (response) => resolve(response.resume().statusCode));
    sent.on('error', reject);
  });
  const seen = new Promise((resolve) => sent.once('continue', resolve));
  sent.flushHeaders();
  await seen;
  sent.write(body.slice(0, 20));
  await world.proxy.sessionClosed(tsid);
  sent.end(body.slice(20));
  expect(await status).toBe(401);
  expect(world.backend('modern').callsOf('tools/call').length).toBe(before);
});
