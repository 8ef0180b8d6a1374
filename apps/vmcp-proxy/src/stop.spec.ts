import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import type { ServerResponse } from 'node:http';
import { startBackend, type TestBackend } from './backend.fixture.js';
import { legacyClient, modern, textOf } from './client.fixture.js';
import { startProxy, type TestProxy } from './proxy.fixture.js';

const WITHIN_MS = 1_000;
const NEVER_MS = 600_000;

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;

beforeAll(async () => {
  [nats, backend] = await Promise.all([startTestNats(), startBackend({ kind: 'modern' })]);
  proxy = await startProxy({ nats, backends: [{ name: 'slow', url: backend.url, timeoutMs: 120_000 }] });
});
afterAll(async () => {
  await proxy.close();
  await Promise.all([backend.close(), nats.close()]);
});

/** A call at a replica of its own, once the backend has it in its hands. */
async function running(era: 'modern' | 'legacy', contentType?: string) {
  const held = Promise.withResolvers<{ readonly id: unknown; readonly response: ServerResponse }>();
  backend.setIntercept(({ body }, response) => {
    if (body['method'] !== 'tools/call') return false;
    if (contentType !== undefined) response.writeHead(200, { 'content-type': contentType }).flushHeaders();
    held.resolve({ id: body['id'], response });
    return true;
  });
  const replica = await proxy.startReplica();
  const token = await proxy.token();
  const params = { name: 'slow_echo', arguments: {} };
  const answer =
    era === 'modern'
      ? modern(replica.mcpUrl, 'tools/call', params, { token })
      : (await legacyClient(replica.mcpUrl, token)).request('tools/call', params);
  return { answer, replica, ...(await held.promise) };
}

describe.each(['modern', 'legacy'] as const)('a %s call that outlasts the stop', (era) => {
  test('unanswered: the text says that it may have run', async () => {
    const { replica, answer } = await running(era);
    await replica.close(WITHIN_MS);
    expect(textOf(await answer)).toMatch(/check before trying again\. \(unavailable\)/);
  });

  test('in the middle of its stream: an event says that it may have run', async () => {
    const { replica, answer } = await running(era, 'text/event-stream');
    await replica.close(WITHIN_MS);
    expect((await answer).body.error).toMatchObject({ data: { code: 'unavailable', retry: 'check-first' } });
  });
});

test('a call that ends in time is answered as if nothing were', async () => {
  const { replica, answer, id, response } = await running('modern', 'application/json');
  const stopped = replica.close(NEVER_MS);
  const result = { resultType: 'complete', content: [{ type: 'text', text: 'in time' }] };
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  expect(textOf(await answer)).toBe('in time');
  await stopped;
});
