import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern, textOf, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { onCall } from './call-world.fixture.js';
import { sdkVersion1, sdkVersion2 } from './sdk-client.fixture.js';
import { startSdkServer, type SdkServer } from './sdk-server.fixture.js';

const buses: TestNats[] = [];
let server: SdkServer;
let hostile: TestBackend;
let inner: TestProxy;
let outer: TestProxy;
let token: string;
let runs = 0;

const FORM = { type: 'object' as const, properties: { city: { type: 'string' as const } } };

/** Asks on the stream of its call, and then on the stream of its session. */
function askingServer(): McpServer {
  const mcp = new McpServer({ name: 'asking', version: '1' });
  mcp.registerTool('travel', {}, async ({ sendRequest }) => {
    runs += 1;
    const params = { message: 'From where?', requestedSchema: FORM };
    const from = await sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);
    const to = await mcp.server.elicitInput({ message: 'Where to?', requestedSchema: FORM });
    return { content: [{ type: 'text', text: JSON.stringify([from.content, to.content]) }] };
  });
  mcp.registerTool('force', {}, async () => {
    const why = await mcp.server.createMessage({ messages: [], maxTokens: 1 }).then(
      () => 'answered',
      (error: unknown) => String(error),
    );
    return { content: [{ type: 'text', text: why }] };
  });
  return mcp;
}

beforeAll(async () => {
  buses.push(await startTestNats(), await startTestNats());
  const [near, far] = buses;
  if (near === undefined || far === undefined) throw new Error('no bus');
  server = await startSdkServer(askingServer);
  hostile = await startBackend({ kind: 'modern' });
  inner = await startProxy({
    nats: far,
    incomingAuth: { type: 'anonymous' },
    backends: [{ name: 'sdk', url: server.url, timeoutMs: 60_000 }],
  });
  outer = await startProxy({
    nats: near,
    backends: [
      { name: 'inner', url: inner.mcpUrl, timeoutMs: 60_000 },
      { name: 'hostile', url: hostile.url, timeoutMs: 60_000 },
    ],
  });
});
beforeEach(async () => {
  runs = 0;
  token = await outer.token();
});
afterAll(async () => {
  await outer.close();
  await inner.close();
  await hostile.close();
  server.close();
  for (const bus of buses) await bus.close();
});

const CAPABILITIES = { elicitation: { form: {} } };
const cityFor = (message: string): string => (message.startsWith('From') ? 'Bern' : 'Oslo');

const says = {
  elicited: ({ message }: { readonly message: string }) => ({
    action: 'accept' as const,
    content: { city: cityFor(message) },
  }),
};
const version1 = async () => await sdkVersion1({ mcpUrl: outer.mcpUrl, token }, CAPABILITIES, says);
const version2 = async () => await sdkVersion2({ mcpUrl: outer.mcpUrl, token }, CAPABILITIES, says);

describe('a gateway that is the backend of another one', () => {
  test('carries questions of a client with a session, on the stream of the call and on that of the session', async () => {
    const client = await version1();
    try {
      const { content } = await client.callTool({ name: 'inner_sdk_travel', arguments: {} });
      expect(content).toEqual([{ type: 'text', text: '[{"city":"Bern"},{"city":"Oslo"}]' }]);
      expect(runs).toBe(1);
    } finally {
      await client.close();
    }
  });

  test('asks a client of 2026-07-28 by results, whose states come back to the gateway that gave them', async () => {
    const sent = { token, capabilities: CAPABILITIES };
    const call = { name: 'inner_sdk_travel', arguments: {} };
    const asked = await modern(outer.mcpUrl, 'tools/call', call, sent);
    expect(asked.body.result).toMatchObject({ resultType: 'input_required' });
    const state = String(asked.body.result?.['requestState']);
    // It is the other gateway's: this one would have refused a state of its own that it does not know.
    expect(state).toMatch(/^gh0\.gh2\./);
    const [key = ''] = Object.keys(asked.body.result?.['inputRequests'] ?? {});
    const inputResponses = { [key]: { action: 'decline' } };
    // Anonymous callers share the inner gateway's session: on its stream nobody is asked.
    const answer = await modern(
      outer.mcpUrl,
      'tools/call',
      { ...call, inputResponses, requestState: state },
      sent,
    );
    expect(textOf(answer)).toContain('-32601');
    expect(runs).toBe(1);
  });

  test('refuses at once what the client cannot do, in both eras', async () => {
    const call = { name: 'inner_sdk_force', arguments: {} };
    const older = await version1();
    const { content } = await older.callTool(call);
    expect(JSON.stringify(content)).toContain('-32601');
    await older.close();
    const newer = await version2();
    expect(JSON.stringify((await newer.callTool(call)).content)).toContain('-32601');
    await newer.close();
  });
});

/** Each character by its number: six bytes. */
const escaped = (text: string): string =>
  text.replaceAll(/./g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

const ADDRESS = 'A'.repeat(43);

test.each([
  ['gh2', `gh2.${ADDRESS}.AAAA`, false],
  ['gh1', 'gh1.1.x', false],
  ['one with a mark', 'gh0.gh2.x.y', false],
  ['its own', 'its own', false],
  ['gh2, with escapes that make 18 KiB of 3', `gh2.${ADDRESS}.${'A'.repeat(3_000)}`, true],
  ['gh2, of 20 KiB, with escapes', `gh2.${ADDRESS}.${'A'.repeat(20_000)}`, true],
  ['its own, of 20 KiB', 'x'.repeat(20_000), false],
])(
  'attack: a backend’s state that looks like one of the gateway’s (%s) comes back to that backend, and opens nothing here',
  async (_, requestState, isEscaped) => {
    hostile.setIntercept(
      onCall(({ body }, response) => {
        const { requestState: given } = body['params'] as JsonObject;
        const result =
          given === undefined
            ? { resultType: 'input_required', inputRequests: { a: { method: 'roots/list' } }, requestState }
            : { resultType: 'complete', content: [{ type: 'text', text: JSON.stringify(given) }] };
        response.writeHead(200, { 'content-type': 'application/json' });
        const text = JSON.stringify({ jsonrpc: '2.0', id: body['id'], result });
        const asks = isEscaped && given === undefined;
        response.end(asks ? text.replace(requestState, () => escaped(requestState)) : text);
      }),
    );
    const sent = { token, capabilities: { roots: {} } };
    const call = { name: 'hostile_echo', arguments: {} };
    const asked = await modern(outer.mcpUrl, 'tools/call', call, sent);
    const state = asked.body.result?.['requestState'];
    expect(state).toBe(requestState.startsWith('gh') ? `gh0.${requestState}` : requestState);
    const inputResponses = { a: { roots: [] } };
    const answer: ClientAnswer = await modern(
      outer.mcpUrl,
      'tools/call',
      { ...call, inputResponses, requestState: state },
      sent,
    );
    expect(textOf(answer)).toBe(JSON.stringify(requestState));
  },
);
