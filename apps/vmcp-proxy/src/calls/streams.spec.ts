import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { authorization, legacyClient, modern } from '../client.fixture.js';
import { call, isCall, startCallWorld, type CallWorld } from './call-world.fixture.js';

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

test('a client that goes away aborts the backend’s request', async () => {
  let aborted = false;
  world.backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.on('close', () => (aborted = true));
    return true;
  });
  const controller = new AbortController();
  const calling = modern(world.proxy.mcpUrl, 'tools/call', call('modern'), {
    token,
    signal: controller.signal,
  });
  calling.catch(() => undefined);
  const before = world.backend('modern').callsOf('tools/call').length;
  await until(() => world.backend('modern').callsOf('tools/call').length > before || before > 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
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
