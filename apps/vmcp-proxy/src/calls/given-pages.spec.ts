import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  ElicitationCompleteNotificationSchema,
  ElicitRequestSchema,
  ElicitResultSchema,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/sdk/types.js';
import { authorization } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { GivenPages } from './given-pages.js';
import { startSdkServer, type SdkServer } from './sdk-server.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
const servers: SdkServer[] = [];
const page = (elicitationId: string) => ({
  mode: 'url' as const,
  message: 'Open it.',
  url: 'https://backend.example/connect',
  elicitationId,
});

/** Of each backend, the server of the newest session. */
const newest = new Map<string, McpServer>();

function serverWithPages(name: string): McpServer {
  const mcp = new McpServer({ name, version: '1' });
  mcp.registerTool('refuse', {}, () => {
    newest.set(name, mcp);
    throw new UrlElicitationRequiredError([page('by-error')]);
  });
  mcp.registerTool('ask', {}, async ({ sendRequest }) => {
    newest.set(name, mcp);
    const { action } = await sendRequest(
      { method: 'elicitation/create', params: page('by-question') },
      ElicitResultSchema,
    );
    return { content: [{ type: 'text', text: action }] };
  });
  return mcp;
}

const complete = async (name: string, id: string): Promise<void> =>
  await newest.get(name)?.server.createElicitationCompletionNotifier(id)();

beforeAll(async () => {
  nats = await startTestNats();
  for (const name of ['own', 'other']) servers.push(await startSdkServer(() => serverWithPages(name)));
  const [own, other] = servers;
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'own', url: own?.url ?? '', timeoutMs: 60_000 },
      { name: 'other', url: other?.url ?? '', timeoutMs: 60_000 },
    ],
  });
});
beforeEach(() => newest.clear());
afterAll(async () => {
  await proxy.close();
  for (const server of servers) server.close();
  await nats.close();
});

/** A client of the reference SDK, which listens beside its calls, and what it hears of pages. */
async function listening(): Promise<{ readonly client: Client; readonly heard: readonly string[] }> {
  const heard: string[] = [];
  const client = new Client({ name: 'spec', version: '1' }, { capabilities: { elicitation: { url: {} } } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept' }));
  client.setNotificationHandler(
    ElicitationCompleteNotificationSchema,
    ({ params }) => void heard.push(params.elicitationId),
  );
  const requestInit = { headers: authorization(await proxy.token()) };
  await client.connect(new StreamableHTTPClientTransport(new URL(proxy.mcpUrl), { requestInit }));
  return { client, heard };
}

/** Its stream may not be open at once. */
async function heardOf(name: string, id: string, heard: readonly string[]): Promise<void> {
  await until(async () => {
    await complete(name, id);
    return heard.includes(id);
  });
}

// MCP 2025-11-25, elicitation.
test('who was sent to a page by error -32042 hears that it is done, after the call', async () => {
  const { client, heard } = await listening();
  try {
    await expect(client.callTool({ name: 'own_refuse', arguments: {} })).rejects.toMatchObject({
      code: -32_042,
    });
    await heardOf('own', 'by-error', heard);
  } finally {
    await client.close();
  }
});

test('so does who was asked in the course of a call that has ended', async () => {
  const { client, heard } = await listening();
  try {
    await client.callTool({ name: 'own_ask', arguments: {} });
    await heardOf('own', 'by-question', heard);
  } finally {
    await client.close();
  }
});

test('attack: a backend says that the page of another backend is done, and that another client’s is: nobody hears it', async () => {
  const { client, heard } = await listening();
  const bystander = await listening();
  try {
    await client.callTool({ name: 'own_ask', arguments: {} });
    await expect(client.callTool({ name: 'other_refuse', arguments: {} })).rejects.toThrow();
    await expect(bystander.client.callTool({ name: 'own_refuse', arguments: {} })).rejects.toThrow();
    await complete('other', 'by-question');
    await complete('own', 'by-question');
    // What comes after it on the same stream is heard.
    await heardOf('other', 'by-error', heard);
    await heardOf('own', 'by-error', bystander.heard);
    for (const all of [heard, bystander.heard]) expect(new Set(all)).toEqual(new Set(['by-error']));
  } finally {
    await client.close();
    await bystander.client.close();
  }
});

test('attack: pages without end, and ids without end: what is kept of them has a bound', () => {
  const pages = new GivenPages();
  for (let n = 0; n < 100; n += 1) pages.note('session', 'own', `id-${n}`);
  pages.note('session', 'own', 'x'.repeat(257));
  pages.noteError('session', 'own', { code: -32_042, data: { elicitations: [null, 'x', {}, page('one')] } });
  const known = [...Array(100).keys()].filter((n) => pages.has('session', 'own', `id-${n}`));
  expect(known).toEqual([...Array(15).keys()].map((n) => 85 + n));
  expect(pages.has('session', 'own', 'x'.repeat(257))).toBe(false);
  expect(pages.has('session', 'own', 'one')).toBe(true);
  expect(pages.has('another session', 'own', 'one')).toBe(false);
  for (let n = 0; n < 1_000; n += 1) pages.note(`session ${n}`, 'own', 'one');
  expect(pages.has('session', 'own', 'one')).toBe(false);
});
