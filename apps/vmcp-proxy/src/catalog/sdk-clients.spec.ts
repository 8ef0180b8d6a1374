import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import * as v2 from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, modern } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

const SCHEMA = { type: 'object' };
const TOOLS = [
  { name: 'good', inputSchema: SCHEMA },
  { name: 'no_schema' },
  { name: 'null_schema', inputSchema: null },
  { name: 'php', inputSchema: { type: 'object', properties: [] } },
  { name: 'typeless', inputSchema: { properties: { a: true } } },
  { name: 'text_schema', inputSchema: 'text' },
  { inputSchema: SCHEMA },
  { name: 7, inputSchema: SCHEMA },
  {
    name: 'bad_output',
    inputSchema: SCHEMA,
    outputSchema: { type: 'object', properties: { a: { type: 'strin' } } },
  },
  { name: 'bad_reference', inputSchema: SCHEMA, outputSchema: { type: 'object', $ref: '#/none' } },
  { name: 'array_output', inputSchema: SCHEMA, outputSchema: { type: 'array' } },
  { name: 'bad_hint', inputSchema: SCHEMA, annotations: { readOnlyHint: 'yes' } },
  {
    name: 'nulls',
    inputSchema: SCHEMA,
    title: null,
    description: null,
    annotations: null,
    _meta: null,
    icons: null,
  },
  { name: 'bad_title', inputSchema: SCHEMA, title: 7 },
  null,
  'text',
];
const PROMPTS = [
  { name: 'good' },
  { name: 'nulls', arguments: null, description: null },
  {},
  { name: 'bad', arguments: [{}] },
];
const RESOURCES = [
  { uri: 'a:good', name: 'good' },
  { uri: 'a:nulls', name: 'n', mimeType: null, size: null },
  { uri: 'a:nameless' },
  { name: 'no uri' },
];
const TEMPLATES = [
  { uriTemplate: 'a:{good}', name: 'good' },
  { uriTemplate: 'a:{nameless}/x', mimeType: null },
  { name: 'none' },
];

const log = new KeptLog();
let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({
    kind: 'stateless',
    intercept: ({ body }, response) => {
      const results: Readonly<Record<string, unknown>> = {
        'tools/list': { tools: TOOLS },
        'prompts/list': { prompts: PROMPTS },
        'resources/list': { resources: RESOURCES },
        'resources/templates/list': { resourceTemplates: TEMPLATES },
      };
      const result = results[String(body['method'])];
      if (result === undefined) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: body['id'], result }));
      return true;
    },
  });
  proxy = await startProxy({ nats, log, backends: [{ name: 'one', url: backend.url }] });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

const named = (...names: readonly string[]): readonly string[] => names.map((name) => `one_${name}`);
const SHOWN = named(
  'good',
  'no_schema',
  'null_schema',
  'php',
  'typeless',
  'bad_output',
  'bad_reference',
  'array_output',
  'bad_hint',
  'nulls',
  'bad_title',
);

interface Lister {
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  listPrompts(): Promise<{ readonly prompts: readonly { readonly name: string }[] }>;
  listResources(): Promise<{ readonly resources: readonly { readonly uri: string }[] }>;
  listResourceTemplates(): Promise<{
    readonly resourceTemplates: readonly { readonly uriTemplate: string }[];
  }>;
}

async function expectAllButTheMalformed(client: Lister): Promise<void> {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(SHOWN);
  const { prompts } = await client.listPrompts();
  expect(prompts.map(({ name }) => name)).toEqual(named('good', 'nulls'));
  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri)).toEqual(['a:good', 'a:nulls', 'a:nameless']);
  const { resourceTemplates } = await client.listResourceTemplates();
  expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(['a:{good}', 'a:{nameless}/x']);
}

test('one malformed entry costs a client of the SDK, version 1, only itself', async () => {
  const headers = authorization(await proxy.token());
  const client = new V1Client({ name: 'sdk-v1', version: '1' });
  await client.connect(new V1Transport(new URL(proxy.mcpUrl), { requestInit: { headers } }));
  await expectAllButTheMalformed(client);
  await client.close();
});

test.each(['auto', 'legacy'] as const)(
  'one malformed entry costs a client of the SDK, version 2, only itself (negotiation: %s)',
  async (mode) => {
    const headers = authorization(await proxy.token());
    const client = new v2.Client({ name: 'sdk-v2', version: '1' }, { versionNegotiation: { mode } });
    const url = new URL(proxy.mcpUrl);
    await client.connect(new v2.StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    await expectAllButTheMalformed(client);
    await client.close();
  },
);

test('what is left out or mended is logged once by backend and name, however many callers list, and counted each time', async () => {
  const altered = async (): Promise<number> => {
    const text = await (await fetch(`${proxy.internalOrigin}/metrics`)).text();
    const line = /proxy_definitions_altered_total\{.*list="tools".*outcome="left_out".*\} (\d+)/.exec(text);
    return Number(line?.[1] ?? 0);
  };
  const list = async () => await modern(proxy.mcpUrl, 'tools/list', {}, { token: await proxy.token() });
  await list();
  const before = await altered();
  const [lines, looks] = [log.lines.join('\n'), backend.callsOf('tools/list').length];
  await list();
  await list();
  expect(backend.callsOf('tools/list').length).toBe(looks + 2);
  expect(log.lines.join('\n')).toBe(lines);
  expect(await altered()).toBe(before + 2 * 5);
  for (const name of ['text_schema', 'no_schema', 'bad_output', 'bad'])
    expect(lines.match(new RegExp(`"backend":"one".*"name":"${name}"`, 'g'))).toHaveLength(1);
});
