import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  StreamableHTTPServerTransport,
  type StreamableHTTPServerTransportOptions,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SdkServer {
  readonly url: string;
  close(): void;
}

type Options = Pick<StreamableHTTPServerTransportOptions, 'eventStore' | 'retryInterval'>;

/** A server of the reference SDK for the revisions with sessions: a new one for each session. */
export async function startSdkServer(
  newServer: () => McpServer,
  optionsOf: () => Options = () => ({}),
): Promise<SdkServer> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const newTransport = async (): Promise<StreamableHTTPServerTransport> => {
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      ...optionsOf(),
      onsessioninitialized: (id) => void transports.set(id, transport),
    });
    await newServer().connect(transport);
    return transport;
  };
  const server = createServer((request, response) => {
    const known = transports.get(String(request.headers['mcp-session-id']));
    void (async () => await (known ?? (await newTransport())).handleRequest(request, response))();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
