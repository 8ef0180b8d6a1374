import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern, post } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { AUDIENCE, startProxy, type TestProxy } from '../proxy.fixture.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;

beforeAll(async () => {
  nats = await startTestNats();
  const tools = ['list', 'create_ticket', 'delete_ticket'].map((name) => ({
    name,
    inputSchema: { type: 'object' },
  }));
  backend = await startBackend({
    kind: 'dual-stateless',
    tools,
    resources: [{ uri: 'file:///a', name: 'a' }],
  });
  proxy = await startProxy({
    nats,
    backends: [
      {
        name: 'tickets',
        url: backend.url,
        requiredScopes: ['tickets:read'],
        toolScopes: [
          { tools: ['create_*', 'delete_*'], scopes: ['tickets:write'] },
          { tools: ['delete_*'], scopes: ['tickets:admin'] },
        ],
      },
      { name: 'open', url: backend.url },
    ],
  });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

const METADATA = 'https://gateway.example/.well-known/oauth-protected-resource/mcp';
const calls = (): number => backend.callsOf('tools/call').length;
const call = async (scope: string, name: string, more: JsonObject = {}) =>
  await modern(
    proxy.mcpUrl,
    'tools/call',
    { name, arguments: {}, ...more },
    { token: await proxy.token({ scope }) },
  );

// RFC 6750, section 3.1; MCP 2025-11-25, authorization.
test('a call without a scope is 403 insufficient_scope, and the challenge names everything at once', async () => {
  const before = calls();
  const { status, headers, body } = await call('openid profile', 'tickets_delete_ticket');
  expect(status).toBe(403);
  const all = 'openid profile tickets:read tickets:write tickets:admin';
  expect(headers.get('www-authenticate')).toBe(
    `Bearer error="insufficient_scope", error_description="The access token needs the scopes: ${all}", resource_metadata="${METADATA}", scope="${all}"`,
  );
  expect(body.error?.data).toEqual({
    code: 'insufficient_scope',
    retry: 'after-action',
    scopes: all.split(' '),
    reference: expect.any(String),
  });
  expect(calls()).toBe(before);
});

test('the client that signs in again with the scopes of the challenge gets through', async () => {
  const sub = randomUUID();
  const first = await modern(
    proxy.mcpUrl,
    'tools/call',
    { name: 'tickets_create_ticket', arguments: {} },
    { token: await proxy.token({ sub }) },
  );
  const scope = /scope="([^"]+)"$/.exec(first.headers.get('www-authenticate') ?? '')?.[1];
  const token = await proxy.token({ sub, scope });
  const again = await modern(
    proxy.mcpUrl,
    'tools/call',
    { name: 'tickets_create_ticket', arguments: {} },
    { token },
  );
  expect(again.status).toBe(200);
  expect((await call(String(scope), 'tickets_delete_ticket')).status).toBe(403);
});

test('lists show what needs more scopes, and the metadata says which scopes there are', async () => {
  const token = await proxy.token();
  const { body } = await modern(proxy.mcpUrl, 'tools/list', {}, { token });
  const names = (body.result?.['tools'] as readonly JsonObject[]).map(({ name }) => name);
  expect(names).toContain('tickets_delete_ticket');
  const scopesOf = async (place: string): Promise<unknown> => {
    const response = await fetch(`${proxy.origin}/.well-known/oauth-protected-resource/mcp${place}`);
    return ((await response.json()) as JsonObject)['scopes_supported'];
  };
  expect(await scopesOf('')).toEqual(['openid', 'tickets:read', 'tickets:write', 'tickets:admin']);
  expect(await scopesOf('/open')).toEqual(['openid']);
});

test('a scope that is not granted is not dodged by another endpoint, an earlier revision or a batch', async () => {
  const token = await proxy.token();
  const before = calls();
  const own = await proxy.token({ aud: `${AUDIENCE}/tickets` });
  const alone = await modern(
    `${proxy.mcpUrl}/tickets`,
    'tools/call',
    { name: 'delete_ticket', arguments: {} },
    { token: own },
  );
  expect(alone.status).toBe(403);
  expect(alone.headers.get('www-authenticate')).toContain(`resource_metadata="${METADATA}/tickets"`);
  const client = await legacyClient(proxy.mcpUrl, token);
  const legacy = await client.request('tools/call', { name: 'tickets_delete_ticket' });
  expect([legacy.status, legacy.headers.get('www-authenticate')?.includes('insufficient_scope')]).toEqual([
    403,
    true,
  ]);
  expect((await client.request('resources/read', { uri: 'tickets+file:///a' })).status).toBe(403);
  const old = await legacyClient(proxy.mcpUrl, token, { version: '2025-03-26' });
  const batch = [{ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'tickets_delete_ticket' } }];
  const { text } = await post(proxy.mcpUrl, batch, {
    'mcp-session-id': old.sessionId,
    ...authorization(token),
  });
  expect(JSON.parse(text)).toMatchObject([{ id: 7, error: { data: { code: 'insufficient_scope' } } }]);
  expect(calls()).toBe(before);
});

test('scopes that the client claims beside its token count for nothing', async () => {
  const forged = { scope: 'tickets:read tickets:write tickets:admin', scopes: ['tickets:admin'] };
  const { status } = await call('openid', 'tickets_delete_ticket', { arguments: forged, _meta: forged });
  expect(status).toBe(403);
});
