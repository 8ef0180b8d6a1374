import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern, post } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let token: string;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern' });
  proxy = await startProxy({ nats, backends: [{ name: 'one', url: backend.url }] });
  token = await proxy.token();
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

test('a body over 4 MiB is refused', async () => {
  const large = { jsonrpc: '2.0', id: 1, method: 'ping', params: { text: 'x'.repeat(4_300_000) } };
  expect((await post(proxy.mcpUrl, large, authorization(token))).status).toBe(413);
});

test('a call that names two tools reaches none, in whatever case or escape the second is written', async () => {
  const client = await legacyClient(proxy.mcpUrl, token);
  const before = backend.callsOf('tools/call').length;
  for (const second of ['"name"', '"n\\u0061me"', '"Name"', '"NAME"']) {
    const params = `{"name":"one_echo",${second}:"other","arguments":{}}`;
    const text = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params}}`;
    const headers = { 'mcp-session-id': client.sessionId, ...authorization(token) };
    const refused = await post(proxy.mcpUrl, text, headers);
    expect([refused.status, refused.body.error?.code]).toEqual([400, -32_600]);
  }
  expect(backend.callsOf('tools/call')).toHaveLength(before);
});

test('who has more on the way than a person may is asked to come again later, and others are served', async () => {
  const requestLimits = { requestBytes: 65_536, requestBytesPerPerson: 65_536 };
  const bus = await startTestNats();
  const backends = [{ name: 'one', url: backend.url }];
  const small = await startProxy({ nats: bus, backends, requestLimits });
  const [mine, other] = [await small.token(), await small.token()];
  let answerNow = (): void => undefined;
  const call = { name: 'one_echo', arguments: { text: 'x'.repeat(60_000) } };
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    const result = { resultType: 'complete', content: [] };
    answerNow = () => response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result }));
    response.writeHead(200, { 'content-type': 'application/json' });
    return true;
  });
  const before = backend.callsOf('tools/call').length;
  const running = modern(small.mcpUrl, 'tools/call', call, { token: mine });
  await until(() => backend.callsOf('tools/call').length > before);
  const busy = await modern(small.mcpUrl, 'tools/call', call, { token: mine });
  expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '2']);
  expect((await modern(small.mcpUrl, 'tools/list', {}, { token: mine })).status).toBe(200);
  expect((await modern(small.mcpUrl, 'tools/list', call, { token: other })).status).toBe(200);
  answerNow();
  expect((await running).status).toBe(200);
  backend.setIntercept(undefined);
  await small.close();
  await bus.close();
});

test.each([
  ['not JSON', '{', -32_700],
  ['not a message', '{"a":1}', -32_600],
  ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32_600],
  ['params that are an array', '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32_600],
  ['two methods', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}', -32_600],
  ['two methods, one in capitals', '{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/list"}', -32_600],
  ['two envelopes', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{},"_meta":{}}}', -32_600],
  ['nested without end', '['.repeat(100_000), -32_600],
  ['a batch of very many messages', `[${'1,'.repeat(100_000)}1]`, -32_600],
])('a body that is %s is refused', async (_what, body, code) => {
  const refused = await post(proxy.mcpUrl, body, authorization(token));
  expect(refused.status).toBe(400);
  expect(refused.body.error?.code).toBe(code);
});
