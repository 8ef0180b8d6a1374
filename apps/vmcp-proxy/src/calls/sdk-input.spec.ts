import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { SAID, sdkVersion1, sdkVersion2 } from './sdk-client.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
const servers: Server[] = [];

/** A server of the reference SDK that asks for everything that a server may ask, and tells what it was told. */
function asking(): McpServer {
  const mcp = new McpServer({ name: 'asking', version: '1' });
  mcp.registerTool('ask', { description: 'Asks for everything.' }, ({ mcpReq: { inputResponses } }) => {
    if (inputResponses !== undefined)
      return { content: [{ type: 'text', text: JSON.stringify(inputResponses) }] };
    return inputRequired({
      inputRequests: {
        form: inputRequired.elicit({
          message: 'Sure?',
          requestedSchema: { type: 'object', properties: { sure: { type: 'boolean' } } },
        }),
        url: inputRequired.elicitUrl({ message: 'Open it.', url: 'https://backend.example/connect' }),
        sampling: inputRequired.createMessage({
          messages: [{ role: 'user', content: { type: 'text', text: 'Hm?' } }],
          maxTokens: 10,
        }),
        roots: inputRequired.listRoots(),
      },
      requestState: 'state',
    });
  });
  return mcp;
}

async function start(legacy: 'reject' | 'stateless'): Promise<string> {
  const serve = toNodeHandler(createMcpHandler(asking, { legacy }));
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/' } = request;
    void serve(Object.assign(request, { method, url }), response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

beforeAll(async () => {
  nats = await startTestNats();
  const backends = [
    { name: 'modern', url: await start('reject') },
    { name: 'both', url: await start('stateless') },
  ];
  proxy = await startProxy({ nats, backends });
});
afterAll(async () => {
  await proxy.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await nats.close();
});

const CAPABILITIES = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
const says = {
  elicited: ({ mode }: { readonly mode?: string | undefined }) => (mode === 'url' ? SAID.url : SAID.form),
};
const version1 = async (token: string) =>
  await sdkVersion1({ mcpUrl: proxy.mcpUrl, token }, CAPABILITIES, says);
const version2 = async (token: string, mode: 'auto' | 'legacy') =>
  await sdkVersion2({ mcpUrl: proxy.mcpUrl, token }, CAPABILITIES, says, mode);

const CLIENTS = {
  'version 1': version1,
  'version 2, with a session': async (token: string) => await version2(token, 'legacy'),
  'version 2, modern': async (token: string) => await version2(token, 'auto'),
};

describe.each(Object.entries(CLIENTS))('a client of the reference SDK, %s', (_which, connect) => {
  test.each(['modern', 'both'])(
    'is asked for everything by a server of it (%s), which hears what it says',
    async (name) => {
      const client = await connect(await proxy.token());
      try {
        await client.listTools();
        const { content } = await client.callTool({ name: `${name}_ask`, arguments: {} });
        const [first] = content as readonly { readonly text?: string }[];
        expect(JSON.parse(first?.text ?? '{}')).toEqual(SAID);
      } finally {
        await client.close();
      }
    },
  );
});
