import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { legacyClient, modern, textOf } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { SAID, sdkVersion1, sdkVersion2 } from './sdk-client.fixture.js';
import { startSdkPair, type SdkPair } from './sdk-server.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
let token: string;
let servers: SdkPair;
const running = new Set<McpServer>();

const FORM = { type: 'object' as const, properties: { sure: { type: 'boolean' as const } } };
const MESSAGES = [{ role: 'user' as const, content: { type: 'text' as const, text: 'Hm?' } }];

/**
 * A server of the reference SDK, version 1. Everything that it asks and tells goes out by methods of the server that know no
 * request, which is on the stream of the session.
 */
function askingServer(): McpServer {
  const mcp = new McpServer({ name: 'asking', version: '1' }, { capabilities: { logging: {} } });
  const { server } = mcp;
  running.add(mcp);
  const text = (said: unknown): { content: { type: 'text'; text: string }[] } => ({
    content: [{ type: 'text', text: JSON.stringify(said) }],
  });
  mcp.registerTool('ask', { description: 'Asks for everything.' }, async () => {
    const form = await server.elicitInput({ message: 'Sure?', requestedSchema: FORM });
    const [sampling, { roots }] = await Promise.all([
      server.createMessage({ messages: MESSAGES, maxTokens: 10 }),
      server.listRoots(),
    ]);
    return text([form.content, sampling.content, roots]);
  });
  mcp.registerTool('force', { description: 'Asks whoever it is.' }, async () => {
    const why = await server.createMessage({ messages: MESSAGES, maxTokens: 10 }).then(
      () => 'answered',
      (error: unknown) => String(error),
    );
    return text(why);
  });
  mcp.registerTool('tell', { description: 'Tells how it goes.' }, async ({ _meta }) => {
    await server.sendLoggingMessage({ level: 'error', data: 'by the way' });
    const progressToken = _meta?.progressToken;
    if (progressToken !== undefined)
      await server.notification({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
    await server.ping();
    return text('told');
  });
  return mcp;
}

beforeAll(async () => {
  nats = await startTestNats();
  servers = await startSdkPair(askingServer);
  proxy = await startProxy({ nats, backends: servers.backends });
});
beforeEach(async () => {
  token = await proxy.token();
});
afterAll(async () => {
  await proxy.close();
  servers.close();
  await nats.close();
});

const CAPABILITIES = { elicitation: { form: {} }, sampling: {}, roots: {} };
const says = { elicited: () => SAID.form };
const version1 = async () => await sdkVersion1({ mcpUrl: proxy.mcpUrl, token }, CAPABILITIES, says);
const version2 = async () => await sdkVersion2({ mcpUrl: proxy.mcpUrl, token }, CAPABILITIES, says);

describe.each(['streams', 'json'])(
  'a server of the reference SDK that asks on the stream of its session (%s)',
  (name) => {
    test.each([
      ['version 1', version1],
      ['version 2, for 2026-07-28', version2],
    ] as const)('is answered by a client of it, %s', async (_which, connect) => {
      const client = await connect();
      try {
        const result = await client.callTool({ name: `${name}_ask`, arguments: {} });
        const [first] = result.content as readonly { readonly text?: string }[];
        expect(JSON.parse(first?.text ?? '{}')).toEqual([
          SAID.form.content,
          SAID.sampling.content,
          SAID.roots.roots,
        ]);
      } finally {
        await client.close();
      }
    });

    test('gets an error at once for what its client cannot do, in both eras', async () => {
      const roots = { roots: {} };
      const call = { name: `${name}_force`, arguments: {} };
      const older = await legacyClient(proxy.mcpUrl, token, { capabilities: roots });
      expect(textOf(await older.request('tools/call', call))).toContain('-32601');
      expect(
        textOf(await modern(proxy.mcpUrl, 'tools/call', call, { token, capabilities: roots })),
      ).toContain('-32601');
      expect(textOf(await modern(proxy.mcpUrl, 'tools/call', call, { token }))).toContain('-32601');
    });

    test('has its log messages and progress heard in the course of the call', async () => {
      const client = await version1();
      const heard: unknown[] = [];
      client.setNotificationHandler(
        LoggingMessageNotificationSchema,
        ({ params }) => void heard.push(params.data),
      );
      const onprogress = ({ progress }: { readonly progress: number }): void => void heard.push(progress);
      try {
        await client.callTool({ name: `${name}_tell`, arguments: {} }, undefined, { onprogress });
        expect(heard).toEqual(['by the way', 1]);
      } finally {
        await client.close();
      }
      const _meta: JsonObject = { progressToken: 7, 'io.modelcontextprotocol/logLevel': 'debug' };
      const sent = { name: `${name}_tell`, arguments: {}, _meta };
      const answer = await modern(proxy.mcpUrl, 'tools/call', sent, { token });
      expect(answer.text).toContain('by the way');
      expect(answer.text).toContain('"progressToken":7');
      expect(textOf(answer)).toBe('"told"');
    });
  },
);

test('between calls, a client that listens is asked where it listens, and one that does not is not waited for', async () => {
  const client = await version1();
  try {
    await client.callTool({ name: 'streams_tell', arguments: {} });
    const [server] = [...running].slice(-1);
    await until(async () => (await server?.server.listRoots().catch(() => undefined)) !== undefined);
    expect(await server?.server.elicitInput({ message: 'Sure?', requestedSchema: FORM })).toEqual(SAID.form);
    const heard: unknown[] = [];
    client.setNotificationHandler(
      LoggingMessageNotificationSchema,
      ({ params }) => void heard.push(params.data),
    );
    await server?.server.sendLoggingMessage({ level: 'error', data: 'later' });
    await until(() => heard.includes('later'));
  } finally {
    await client.close();
  }
  const alone = await legacyClient(proxy.mcpUrl, token, { capabilities: CAPABILITIES });
  await alone.request('tools/call', { name: 'streams_tell', arguments: {} });
  const [server] = [...running].slice(-1);
  await expect(server?.server.listRoots()).rejects.toThrow('-32601');
});
