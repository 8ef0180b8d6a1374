import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  StreamableHTTPServerTransport,
  type EventStore,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { legacyClient, modern, textOf } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
let server: Server;
let runs = 0;

/** Events in the order in which they were stored. The SDK's own example orders those of one millisecond by chance. */
function eventStore(): EventStore {
  const events: { readonly streamId: string; readonly message: JSONRPCMessage }[] = [];
  return {
    storeEvent: (streamId, message) => Promise.resolve(String(events.push({ streamId, message }))),
    replayEventsAfter: async (lastEventId, { send }) => {
      const streamId = events[Number(lastEventId) - 1]?.streamId ?? '';
      for (const [index, event] of events.entries())
        if (index >= Number(lastEventId) && event.streamId === streamId)
          await send(String(index + 1), event.message);
      return streamId;
    },
  };
}

/** A server of the reference SDK that lets go of its stream in the middle of each call (SEP-1699). */
async function startPollingServer(): Promise<string> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const newTransport = async (): Promise<StreamableHTTPServerTransport> => {
    const mcp = new McpServer({ name: 'polling', version: '1' });
    mcp.registerTool('work', { description: 'Takes its time.' }, ({ closeSSEStream }) => {
      runs += 1;
      closeSSEStream?.();
      return { content: [{ type: 'text', text: 'done after all' }] };
    });
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: eventStore(),
      retryInterval: 20,
      onsessioninitialized: (id) => void transports.set(id, transport),
    });
    // Its declarations do not fit their own interface under exactOptionalPropertyTypes.
    await mcp.connect(transport);
    return transport;
  };
  server = createServer((request, response) => {
    const known = transports.get(String(request.headers['mcp-session-id']));
    void (async () => await (known ?? (await newTransport())).handleRequest(request, response))();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

beforeAll(async () => {
  nats = await startTestNats();
  proxy = await startProxy({ nats, backends: [{ name: 'polling', url: await startPollingServer() }] });
});
afterAll(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
  await nats.close();
});

test.each(['modern', 'legacy'] as const)(
  'a server of the reference SDK that closes its stream in the middle of a call is polled for a %s client, and runs the call once',
  async (era) => {
    runs = 0;
    const token = await proxy.token();
    const params = { name: 'polling_work', arguments: {} };
    const answer =
      era === 'modern'
        ? await modern(proxy.mcpUrl, 'tools/call', params, { token })
        : await (await legacyClient(proxy.mcpUrl, token)).request('tools/call', params);
    expect(textOf(answer)).toBe('done after all');
    expect(runs).toBe(1);
  },
);
