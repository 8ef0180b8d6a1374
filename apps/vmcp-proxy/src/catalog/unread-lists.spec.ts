import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern, type ClientAnswer } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

const URI = 'file:///only';

let nats: TestNats;
let proxy: TestProxy;
let backend: TestBackend;
let token: string;
/** Lists that the backend does not answer. */
let failing: readonly string[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({
    kind: 'modern',
    resources: [{ uri: URI, name: 'only' }],
    prompts: [{ name: 'greet' }],
  });
  backend.setIntercept((one, response) => {
    if (!failing.includes(String(one.body['method']))) return false;
    response.writeHead(503).end();
    return true;
  });
  // Lists of each person: what somebody else read before is no help.
  const strategy = { type: 'upstreamInject', providerName: 'octo' } as const;
  proxy = await startProxy({ nats, backends: [{ name: 'some', url: backend.url, strategy }] });
});
beforeEach(async () => {
  failing = [];
  token = await proxy.token();
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

const ask = async (method: string, params: Readonly<Record<string, unknown>>): Promise<ClientAnswer> =>
  await modern(proxy.mcpUrl, method, params, { token });

test.each([
  ['a resource', ['resources/list', 'resources/templates/list'], 'resources/read', { uri: URI }],
  ['a prompt', ['prompts/list'], 'prompts/get', { name: 'some_greet' }],
])(
  '%s whose list could not be read is not said to be gone, and is there once it can be read',
  async (_what, lists, method, params) => {
    failing = lists;
    expect((await ask('tools/list', {})).body.result?.['tools']).toHaveLength(1);
    const { error } = (await ask(method, params)).body;
    expect(error).toMatchObject({ data: { code: 'backend_unavailable', retry: 'safe' } });
    expect(error?.message).toContain('some');
    // What was read is whole.
    expect((await ask('tools/call', { name: 'some_nobody', arguments: {} })).body.error).toMatchObject({
      message: 'there is no such tool',
    });
    failing = [];
    await until(async () => (await ask(method, params)).body.error === undefined);
  },
);

test('the same for a client of 2025-11-25, and for a subscription', async () => {
  failing = ['resources/list', 'resources/templates/list'];
  const client = await legacyClient(proxy.mcpUrl, token);
  for (const method of ['resources/read', 'resources/subscribe'])
    expect((await client.request(method, { uri: URI })).body.error).toMatchObject({
      data: { code: 'backend_unavailable', retry: 'safe' },
    });
});

test('a plain name is not said to be nobody’s while one that may have it cannot be read', async () => {
  const bus = await startTestNats();
  const plain = await startProxy({
    nats: bus,
    aggregation: {
      conflictResolution: 'priority',
      conflictResolutionConfig: { prefixFormat: '{workload}_', priorityOrder: ['some', 'gone'] },
    },
    backends: [
      { name: 'some', url: backend.url },
      { name: 'gone', url: 'http://127.0.0.1:9/mcp' },
    ],
  });
  const call = { name: 'of_the_other', arguments: {} };
  const answer = await modern(plain.mcpUrl, 'tools/call', call, { token: await plain.token() });
  await plain.close();
  await bus.close();
  expect(JSON.stringify(answer.body.result)).toContain('gone: ');
  expect(JSON.stringify(answer.body.result)).toContain('backend_unavailable');
});
