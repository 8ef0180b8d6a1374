import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HTTP_LIMITS } from '@gatehouse/service-process/http-server';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { RawConnection } from '@gatehouse/testing/raw-connection';
import { until } from '@gatehouse/testing/until';
import type { ServerResponse } from 'node:http';
import { startBackend, type TestBackend } from './backend.fixture.js';
import { modern } from './client.fixture.js';
import { startProxy, type TestProxy } from './proxy.fixture.js';

const LIMIT_MS = 2_000;

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;

beforeAll(async () => {
  [nats, backend] = await Promise.all([startTestNats(), startBackend({ kind: 'modern' })]);
  proxy = await startProxy({
    nats,
    backends: [{ name: 'slow', url: backend.url, timeoutMs: 60_000 }],
    limits: {
      ...HTTP_LIMITS,
      headerMs: LIMIT_MS,
      requestMs: LIMIT_MS,
      idleMs: LIMIT_MS / 4,
      stalledMs: LIMIT_MS / 2,
      checkEveryMs: 50,
    },
  });
});

afterAll(async () => {
  await proxy.close();
  await Promise.all([backend.close(), nats.close()]);
});

const connection = (): RawConnection => new RawConnection(Number(new URL(proxy.origin).port));
const post = (headers: Readonly<Record<string, string>>): string =>
  [
    'POST /mcp HTTP/1.1',
    ...Object.entries({ host: 'localhost', 'content-type': 'application/json', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    '',
    '',
  ].join('\r\n');

test('a body that comes byte by byte is cut, with and without a token (slow body)', async () => {
  const authorization = `Bearer ${await proxy.token()}`;
  const body = { 'content-length': '1000000' };
  const [known, unknown] = [post({ authorization, ...body }), post(body)];
  await Promise.all([known, unknown].map((head) => connection().send(head).drip(' ').isCut()));
});

test('a header that comes line by line is cut (slowloris)', async () => {
  await connection().send('POST /mcp HTTP/1.1\r\n').drip('X-More: 1\r\n').isCut();
});

test.each([
  ['application/json', ''],
  ['text/event-stream', 'data: '],
])('a call that says nothing for longer than every limit is not cut (%s)', async (type, prefix) => {
  let held: ServerResponse | undefined;
  let id: unknown;
  backend.setIntercept(({ body }, response) => {
    if (body['method'] !== 'tools/call') return false;
    [held, id] = [response, body['id']];
    response.writeHead(200, { 'content-type': type }).flushHeaders();
    return true;
  });
  const call = modern(proxy.mcpUrl, 'tools/call', { name: 'slow_echo' }, { token: await proxy.token() });
  await until(() => held !== undefined);
  // The call began before this one, whose limit is the longest.
  await connection().isCut();
  const result = { resultType: 'complete', content: [{ type: 'text', text: 'at last' }] };
  held?.end(`${prefix}${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
  expect((await call).body.result).toMatchObject({ content: [{ text: 'at last' }] });
});
