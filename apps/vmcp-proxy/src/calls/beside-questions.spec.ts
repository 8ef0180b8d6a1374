import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { modern, textOf, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { questionsIn, retry } from './parked.fixture.js';
import { startSdkServer, type SdkServer } from './sdk-server.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
let token: string;
const servers: SdkServer[] = [];

const FORM = { type: 'object' as const, properties: {} };
const ABLE = { elicitation: { form: {} } };

const finished = new Set<string>();

/** A server of the reference SDK, version 1: `elicitInput` asks on the stream of the session, and no call is named there. */
function askingServer(): McpServer {
  const mcp = new McpServer({ name: 'asking', version: '1' });
  const { server } = mcp;
  mcp.registerTool('impatient', {}, async () => {
    const asked = server.elicitInput({ message: 'Sure?', requestedSchema: FORM }, { timeout: 100 });
    const text = await asked.then(
      ({ action }) => action,
      () => 'went on without an answer',
    );
    finished.add('impatient');
    return { content: [{ type: 'text', text }] };
  });
  return mcp;
}

beforeAll(async () => {
  nats = await startTestNats();
  servers.push(await startSdkServer(askingServer));
  servers.push(await startSdkServer(askingServer, () => ({ enableJsonResponse: true })));
  const [streams, json] = servers;
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'streams', url: streams?.url ?? '', timeoutMs: 60_000 },
      { name: 'json', url: json?.url ?? '', timeoutMs: 60_000 },
    ],
  });
});
beforeEach(async () => {
  token = await proxy.token();
  finished.clear();
});
afterAll(async () => {
  await proxy.close();
  for (const server of servers) server.close();
  await nats.close();
});

const call = async (params: JsonObject): Promise<ClientAnswer> =>
  await modern(proxy.mcpUrl, 'tools/call', params, { token, capabilities: ABLE });

test.each(['streams', 'json'])(
  'the result of a tool that went on without an answer is there for the client that comes back (%s)',
  async (backend) => {
    const params = { name: `${backend}_impatient`, arguments: {} };
    const questions = questionsIn(await call(params));
    await until(() => finished.has('impatient'));
    const answer = await call(retry(questions, [{ action: 'accept', content: {} }], params));
    expect(textOf(answer)).toBe('went on without an answer');
  },
);
