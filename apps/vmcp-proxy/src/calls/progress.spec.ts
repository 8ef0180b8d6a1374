import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import type { ServerResponse } from 'node:http';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { isCall } from './call-world.fixture.js';

const TIMEOUT_MS = 5_000;
const MAX_TIMEOUT_MS = 6_500;

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let response: ServerResponse | undefined;

beforeAll(async () => {
  nats = await startTestNats();
  // It works for ever, and says so all the time.
  backend = await startBackend({
    kind: 'modern',
    intercept: (one, began) => {
      if (!isCall(one)) return false;
      response = began;
      began.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      if (JSON.stringify(one.body).includes('silent')) return true;
      const params = { progressToken: 7, progress: 1 };
      const text = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n\n`;
      const timer = setInterval(() => began.write(text), 50);
      began.on('close', () => clearInterval(timer));
      return true;
    },
  });
  const { url } = backend;
  proxy = await startProxy({
    nats,
    streamKeepAliveMs: 20,
    backends: [
      { name: 'fixed', url, timeoutMs: 1_000 },
      { name: 'extended', url, timeoutMs: TIMEOUT_MS, maxTimeoutMs: MAX_TIMEOUT_MS },
      { name: 'patient', url, timeoutMs: 120_000 },
    ],
  });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

const call = async (
  name: string,
  says = 'progress',
  heard?: (text: string) => void,
  progressToken: unknown = 7,
) =>
  await modern(
    proxy.mcpUrl,
    'tools/call',
    { name: `${name}_echo`, arguments: { says }, _meta: { progressToken } },
    { token: await proxy.token(), ...(heard === undefined ? {} : { heard }) },
  );

/** The backend says that the call is done. */
function answered(): void {
  const answer = { jsonrpc: '2.0', id: 1, result: { resultType: 'complete', content: [] } };
  response?.end(`data: ${JSON.stringify(answer)}\n\n`);
}

test('without the setting a call ends at its time limit, however much progress there is', async () => {
  const { body } = await call('fixed');
  expect(body.error).toMatchObject({ data: { code: 'deadline_exceeded', retry: 'check-first' } });
});

test('with the setting progress keeps a call going beyond its time limit, and not beyond the bound', async () => {
  const began = performance.now();
  const { body, text } = await call('extended');
  expect(body.error).toMatchObject({ data: { code: 'deadline_exceeded', retry: 'check-first' } });
  expect(text).toContain('notifications/progress');
  expect(performance.now() - began).toBeGreaterThan(MAX_TIMEOUT_MS - 500);
});

test('a stream on which nothing moves gets comments, so that no proxy on the way cuts it; they are no messages', async () => {
  let comments = 0;
  const calling = call(
    'patient',
    'silent',
    (text) => (comments = text.split(': still running\n\n').length - 1),
  );
  await until(() => comments >= 3);
  answered();
  const { body, text } = await calling;
  expect(body.result).toBeDefined();
  expect(text.replaceAll(': still running\n\n', '')).toMatch(/^event: message\ndata: \{.*\}\n\n$/);
});

test('attack: a progress token that nobody can read does not take from a call what its backend answered', async () => {
  response = undefined;
  const calling = call('patient', 'silent', undefined, '\ud800');
  await until(() => response !== undefined);
  answered();
  expect((await calling).body.result).toBeDefined();
});
