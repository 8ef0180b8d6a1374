import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { authorization, post } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const METADATA = '/.well-known/oauth-protected-resource/mcp';

let nats: TestNats;
let proxy: TestProxy;
beforeAll(async () => {
  nats = await startTestNats();
  proxy = await startProxy({ nats, backends: [{ name: 'one', url: 'http://127.0.0.1:9/mcp' }] });
});
afterAll(async () => {
  await proxy.close();
  await nats.close();
});

test.each(['/mcp/', '/mcp/?a=b', '/mcp?a=b'])('%s is the endpoint', async (path) => {
  const expected = await post(proxy.mcpUrl, PING, {});
  const { status, headers } = await post(`${proxy.origin}${path}`, PING, {});
  expect([status, headers.get('www-authenticate')]).toEqual([401, expected.headers.get('www-authenticate')]);
});

test.each(['/mcp//', '/mcpx', '/mcp/x', '/mcp/one/x', '/mcp/views', '/MCP', '//mcp'])(
  '%s is not the endpoint',
  async (path) => {
    const token = await proxy.token();
    expect((await post(`${proxy.origin}${path}`, PING, authorization(token))).status).toBe(404);
  },
);

test('the metadata is found with a final slash, too', async () => {
  const [plain, slash] = await Promise.all(
    [METADATA, `${METADATA}/`].map(async (path) => await (await fetch(`${proxy.origin}${path}`)).text()),
  );
  expect(slash).toBe(plain);
  expect(plain).toContain('authorization_servers');
});
