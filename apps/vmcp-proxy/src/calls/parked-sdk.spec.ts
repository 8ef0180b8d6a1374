import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { SAID, sdkVersion2 } from './sdk-client.fixture.js';
import { startSdkServer, type SdkServer } from './sdk-server.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
let server: SdkServer;
let runs = 0;

const FORM = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
};

/** A server of the reference SDK for the revisions with sessions, which asks its client for all that there is. */
function askingServer(): McpServer {
  const mcp = new McpServer({ name: 'asking', version: '1' });
  mcp.registerTool('travel', { description: 'Asks.' }, async ({ sendRequest }) => {
    runs += 1;
    const where = await sendRequest(
      { method: 'elicitation/create', params: { message: 'Where to?', requestedSchema: FORM } },
      ElicitResultSchema,
    );
    if (where.action !== 'accept') return { content: [{ type: 'text', text: 'stays at home' }] };
    const [{ roots }, { content }] = await Promise.all([
      sendRequest({ method: 'roots/list' }, ListRootsResultSchema),
      sendRequest(
        { method: 'sampling/createMessage', params: { messages: [], maxTokens: 10 } },
        CreateMessageResultSchema,
      ),
    ]);
    const said = !Array.isArray(content) && content.type === 'text' ? content.text : '';
    const text = [String(where.content?.['city']), roots[0]?.uri, said].join(' ');
    return { content: [{ type: 'text', text }] };
  });
  return mcp;
}

beforeAll(async () => {
  nats = await startTestNats();
  server = await startSdkServer(askingServer);
  proxy = await startProxy({ nats, backends: [{ name: 'sdk', url: server.url }] });
});
afterAll(async () => {
  await proxy.close();
  server.close();
  await nats.close();
});

test.each([
  ['accept', 'Oslo file:///home bon voyage'],
  ['decline', 'stays at home'],
] as const)(
  'a client of the reference SDK for 2026-07-28 (%s) and a server of that for 2025-11-25 have a whole conversation in one call',
  async (action, outcome) => {
    runs = 0;
    const client = await sdkVersion2(
      { mcpUrl: proxy.mcpUrl, token: await proxy.token() },
      { elicitation: { form: {} }, sampling: {}, roots: {} },
      {
        elicited: () => (action === 'accept' ? { action, content: { city: 'Oslo' } } : { action }),
        sampling: { ...SAID.sampling, content: { type: 'text', text: 'bon voyage' } },
      },
    );
    const result = await client.callTool({ name: 'sdk_travel', arguments: {} });
    expect(result.content).toEqual([{ type: 'text', text: outcome }]);
    expect(runs).toBe(1);
    await client.close();
  },
);
