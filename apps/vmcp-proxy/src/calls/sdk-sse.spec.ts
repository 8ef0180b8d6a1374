import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import {
  ElicitRequestSchema,
  ToolListChangedNotificationSchema,
  type CallToolResult,
} from '@modelcontextprotocol/sdk/types.js';
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { authorization, modern, textOf } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
let http: Server;
/** Whose credential each message came with, by the session that it came in. */
const callers = new Map<string, Set<string>>();
// eslint-disable-next-line @typescript-eslint/no-deprecated -- servers of it are what this is about
const transports = new Map<string, SSEServerTransport>();
const servers = new Set<McpServer>();

const text = (said: string): CallToolResult => ({ content: [{ type: 'text', text: said }] });

function asking(): McpServer {
  const mcp = new McpServer({ name: 'old', version: '1' });
  mcp.registerTool('who', {}, ({ requestInfo }) =>
    text(String(requestInfo?.headers['authorization'] ?? 'nobody')),
  );
  mcp.registerTool('ask', {}, async () =>
    text(
      JSON.stringify(
        await mcp.server.elicitInput({
          message: 'Your name?',
          requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
        }),
      ),
    ),
  );
  mcp.registerTool('count', {}, async ({ _meta, sendNotification }) => {
    for (const progress of [1, 2, 3])
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken: _meta?.progressToken ?? 'none', progress },
      });
    return text('counted');
  });
  servers.add(mcp);
  return mcp;
}

/** A server of the reference SDK, as its users wrote them before there was Streamable HTTP. */
async function startOldServer(): Promise<string> {
  http = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    if (request.method === 'GET' && url.pathname === '/sse') {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- servers of it are what this is about
      const transport = new SSEServerTransport('/messages', response);
      transports.set(transport.sessionId, transport);
      void asking().connect(transport);
      return;
    }
    const session = url.searchParams.get('sessionId') ?? '';
    const transport = transports.get(session);
    if (request.method === 'POST' && transport !== undefined) {
      const known = callers.get(session) ?? new Set();
      callers.set(session, known.add(request.headers.authorization ?? ''));
      // Its stream may be over: it has answered 500 then, and throws that as well.
      transport.handlePostMessage(request, response).catch(() => undefined);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/sse`;
}

beforeAll(async () => {
  nats = await startTestNats();
  const url = await startOldServer();
  const strategy = { type: 'upstreamInject', providerName: 'octo' } as const;
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'said', url, strategy, transport: 'sse' },
      { name: 'found', url, strategy },
    ],
  });
});
afterAll(async () => {
  await proxy.close();
  http.closeAllConnections();
  http.close();
  await nats.close();
});

async function sdkClient(token: string): Promise<Client> {
  const client = new Client({ name: 'sdk', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Alice' } }));
  const requestInit = { headers: authorization(token) };
  await client.connect(new StreamableHTTPClientTransport(new URL(proxy.mcpUrl), { requestInit }));
  await until(async () => (await client.listTools()).tools.some(({ name }) => name === 'found_who'));
  return client;
}
const said = (result: unknown): string => {
  const [first] = (result as CallToolResult).content;
  return first?.type === 'text' ? first.text : '';
};

describe.each(['said', 'found'])(
  'a server of the reference SDK on HTTP with SSE, %s by the configuration',
  (name) => {
    test('is called by many people at once, each with their own credential on their own stream', async () => {
      const people = await Promise.all(
        Array.from({ length: 4 }, async () => {
          const tsid = randomUUID();
          return { tsid, client: await sdkClient(await proxy.token({ tsid })) };
        }),
      );
      const answers = await Promise.all(
        people.flatMap(({ client }) =>
          Array.from({ length: 5 }, async () => said(await client.callTool({ name: `${name}_who` }))),
        ),
      );
      expect(answers).toEqual(
        people.flatMap(({ tsid }) => Array<string>(5).fill(`Bearer ${name}-token-of-${tsid}`)),
      );
      for (const { client } of people) await client.close();
      for (const known of callers.values()) expect(known.size).toBe(1);
    });

    test('asks the client in the middle of a call, and tells of progress', async () => {
      const client = await sdkClient(await proxy.token());
      expect(said(await client.callTool({ name: `${name}_ask` }))).toContain('Alice');
      const progress: number[] = [];
      await client.callTool({ name: `${name}_count` }, undefined, {
        onprogress: (made) => progress.push(made.progress),
      });
      expect(progress).toEqual([1, 2, 3]);
      await client.close();
    });

    test('answers a client of the modern revision', async () => {
      const token = await proxy.token();
      await until(async () =>
        (await modern(proxy.mcpUrl, 'tools/list', {}, { token })).text.includes(`${name}_who`),
      );
      const answer = await modern(proxy.mcpUrl, 'tools/call', { name: `${name}_count` }, { token });
      expect(textOf(answer)).toBe('counted');
    });

    test.each([
      ['is not Unicode', '\ud800'],
      ['is too long', 'x'.repeat(17 * 1_024)],
    ])('attack: a progress token that %s ends neither its call nor the process', async (_how, token) => {
      const caller = await proxy.token();
      await until(async () =>
        (await modern(proxy.mcpUrl, 'tools/list', {}, { token: caller })).text.includes(`${name}_who`),
      );
      const params = { name: `${name}_who`, _meta: { progressToken: token } };
      expect(textOf(await modern(proxy.mcpUrl, 'tools/call', params, { token: caller }))).toMatch(/^Bearer /);
    });

    test('that was restarted in between is called on a new stream', async () => {
      const client = await sdkClient(await proxy.token());
      expect(said(await client.callTool({ name: `${name}_count` }))).toBe('counted');
      http.closeAllConnections();
      transports.clear();
      await until(async () => {
        const again = await client.callTool({ name: `${name}_count` }).catch(() => undefined);
        return again !== undefined && said(again) === 'counted';
      });
      await client.close();
    });

    test('that forgot its sessions, and keeps the streams, is called in a new one at once', async () => {
      const client = await sdkClient(await proxy.token());
      expect(said(await client.callTool({ name: `${name}_count` }))).toBe('counted');
      transports.clear();
      expect(said(await client.callTool({ name: `${name}_count` }))).toBe('counted');
      await client.close();
    });

    test('tells clients of a new tool, also when its stream broke off before', async () => {
      const client = await sdkClient(await proxy.token());
      let told = 0;
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
        told += 1;
      });
      const added = `new-${name}`;
      for (const mcp of servers) mcp.registerTool(added, {}, () => text('new'));
      await until(async () => {
        const { tools } = await client.listTools();
        return told > 0 && tools.some((tool) => tool.name === `${name}_${added}`);
      });
      await client.close();
    });
  },
);
