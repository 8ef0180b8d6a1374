import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  StreamableHTTPServerTransport,
  type StreamableHTTPServerTransportOptions,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SdkServer {
  readonly url: string;
  close(): void;
}

type Options = Pick<
  StreamableHTTPServerTransportOptions,
  'eventStore' | 'retryInterval' | 'enableJsonResponse'
>;

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
  return await listening(server, '/mcp');
}

/** One that answers with event streams, and one that answers with JSON. */
export interface SdkPair {
  readonly backends: readonly {
    readonly name: 'streams' | 'json';
    readonly url: string;
    readonly timeoutMs: number;
  }[];
  close(): void;
}

/** The same server in both ways in which one may answer. */
export async function startSdkPair(newServer: () => McpServer): Promise<SdkPair> {
  const streams = await startSdkServer(newServer);
  const json = await startSdkServer(newServer, () => ({ enableJsonResponse: true }));
  return {
    backends: [
      { name: 'streams', url: streams.url, timeoutMs: 60_000 },
      { name: 'json', url: json.url, timeoutMs: 60_000 },
    ],
    close: () => {
      streams.close();
      json.close();
    },
  };
}

/** The same for HTTP with SSE (2024-11-05): a new one for each stream. */
export async function startOldSdkServer(newServer: () => McpServer): Promise<SdkServer> {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- servers of it are still there
  const transports = new Map<string, SSEServerTransport>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const known = transports.get(url.searchParams.get('sessionId') ?? '');
    if (request.method === 'GET') {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
      const transport = new SSEServerTransport('/messages', response);
      transports.set(transport.sessionId, transport);
      void newServer().connect(transport);
    } else if (known === undefined) response.writeHead(404).end();
    // Its stream may be over: it has answered 500 then, and throws that as well.
    else known.handlePostMessage(request, response).catch(() => undefined);
  });
  return await listening(server, '/sse');
}

async function listening(server: Server, path: string): Promise<SdkServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
