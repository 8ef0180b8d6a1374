import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { legacyClient, modern, textOf } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { startSdkServer, type SdkServer } from './sdk-server.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
let server: SdkServer;
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
function pollingServer(): McpServer {
  const mcp = new McpServer({ name: 'polling', version: '1' });
  mcp.registerTool('work', { description: 'Takes its time.' }, ({ closeSSEStream }) => {
    runs += 1;
    closeSSEStream?.();
    return { content: [{ type: 'text', text: 'done after all' }] };
  });
  return mcp;
}

beforeAll(async () => {
  nats = await startTestNats();
  server = await startSdkServer(pollingServer, () => ({ eventStore: eventStore(), retryInterval: 20 }));
  proxy = await startProxy({ nats, backends: [{ name: 'polling', url: server.url }] });
});
afterAll(async () => {
  await proxy.close();
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
