import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern } from '../client.fixture.js';
import { isObject, type JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { policiesOf } from './authorization.fixture.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
const ASKS = { action: 'accept', content: {} };

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({
    kind: 'sessions',
    tools: [{ name: 'ask', inputSchema: { type: 'object' } }],
  });
  // It asks its client in the middle of the call.
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const question = {
      jsonrpc: '2.0',
      id: 'q',
      method: 'elicitation/create',
      params: { message: 'Sure?', requestedSchema: { type: 'object', properties: {} } },
    };
    response.write(`data: ${JSON.stringify(question)}\n\n`);
    return true;
  });
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'one', url: backend.url },
      { name: 'gone', url: 'http://127.0.0.1:9/mcp' },
    ],
    callPolicies: policiesOf(`
      permit(principal in Group::"eng", action, resource in Backend::"one");
      permit(principal in Group::"ops", action, resource == Tool::"gone_restart");
      permit(principal in Group::"named", action, resource == Tool::"one_ask");
    `),
  });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

const names = async (claims: JsonObject): Promise<readonly unknown[]> => {
  const { body } = await modern(proxy.mcpUrl, 'tools/list', {}, { token: await proxy.token(claims) });
  return (body.result?.['tools'] as readonly JsonObject[]).map(({ name }) => name);
};

test('a call that waits for its client goes on only with a token that may still make it', async () => {
  const [sub, tsid] = [randomUUID(), randomUUID()];
  const asked = { name: 'one_ask', arguments: {} };
  const capabilities = { elicitation: { form: {} } };
  const token = await proxy.token({ sub, tsid, groups: ['eng'] });
  const { body } = await modern(proxy.mcpUrl, 'tools/call', asked, { token, capabilities });
  const { inputRequests, requestState } = body.result ?? {};
  if (!isObject(inputRequests)) throw new Error('nothing was asked');
  const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, ASKS]));
  const back = { ...asked, inputResponses, requestState };
  const without = await proxy.token({ sub, tsid });
  const refused = await modern(proxy.mcpUrl, 'tools/call', back, { token: without, capabilities });
  expect(refused.body.error?.message).toBe('there is no such tool');
});

test('a backend that cannot be listed is known to those whom a policy lets in there, and to no others', async () => {
  expect(await names({ groups: ['ops'] })).toEqual(['gone_status']);
  expect(await names({ groups: ['eng'] })).toEqual(['one_ask']);
  expect(await names({ groups: ['named'] })).toEqual(['one_ask']);
  const call = async (groups: readonly string[], name: string) =>
    await modern(
      proxy.mcpUrl,
      'tools/call',
      { name, arguments: {} },
      { token: await proxy.token({ groups }) },
    );
  expect((await call(['eng'], 'gone_restart')).body.error?.message).toBe('there is no such tool');
  expect((await call(['eng'], 'gone_status')).body.error?.message).toBe('there is no such tool');
  expect((await call(['named'], 'gone_status')).body.error?.message).toBe('there is no such tool');
  for (const name of ['gone_restart', 'gone_status'])
    expect(JSON.stringify((await call(['ops'], name)).body)).toContain('backend_unavailable');
});

test('two callers of one list each see their own, and a changed token changes it', async () => {
  const sub = randomUUID();
  expect(await names({ sub, groups: ['eng'] })).toEqual(['one_ask']);
  expect(await names({ sub })).toEqual([]);
  const legacy = await legacyClient(proxy.mcpUrl, await proxy.token({ groups: ['eng'] }));
  expect((await legacy.request('tools/list')).body.result).toMatchObject({ tools: [{ name: 'one_ask' }] });
});
