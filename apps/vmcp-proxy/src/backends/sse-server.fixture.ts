import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../mcp/message.js';

/** One message that was posted to a stream's endpoint. */
export interface Posted {
  /** Which stream of the server, counted from 1. */
  readonly stream: number;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
  /** Says that the answer will come (RFC 9110, section 15.2). */
  readonly processing: () => void;
  /** Answers the `POST`. */
  readonly accept: (status?: number, text?: string, headers?: OutgoingHttpHeaders) => void;
  /** Says something on the stream. */
  readonly say: (message: JsonObject) => void;
  readonly result: (value: JsonObject) => void;
}

export interface SseServer {
  readonly url: string;
  readonly origin: string;
  readonly posted: readonly Posted[];
  /** Requests to the URL of the stream, by method, with the headers of each. */
  readonly asked: readonly { readonly method: string; readonly headers: IncomingHttpHeaders }[];
  readonly openStreams: number;
  /** Takes over what is posted, if it returns true. */
  intercept: (posted: Posted) => boolean;
  /** Takes over the opening of streams, if it returns true. */
  opening: (headers: IncomingHttpHeaders, response: ServerResponse, url: string) => boolean;
  endpoint: (stream: number) => string;
  /** What a `POST` to the stream's URL is answered with. */
  statusOfPost: number;
  write(stream: number, text: string): void;
  breakStreams(): void;
  close(): Promise<void>;
}

/** A server of HTTP with SSE (MCP 2024-11-05, transports), whose every step can be another one. */
export async function startSseServer(): Promise<SseServer> {
  const streams = new Map<number, ServerResponse>();
  const posted: Posted[] = [];
  const asked: { method: string; headers: IncomingHttpHeaders }[] = [];
  let opened = 0;
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    if (method === 'GET' && url.startsWith('/sse')) {
      asked.push({ method, headers });
      if (made.opening(headers, response, url)) return;
      opened += 1;
      const stream = opened;
      streams.set(stream, response);
      response.on('close', () => streams.delete(stream));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`: hello\n\nevent: endpoint\ndata: ${made.endpoint(stream)}\n\n`);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (!url.startsWith('/messages')) {
        asked.push({ method, headers });
        response.writeHead(made.statusOfPost).end('no');
        return;
      }
      const stream = Number(new URL(url, 'http://x').searchParams.get('session'));
      const body = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
      const one = postedTo(stream, { url, headers, body, response, streams });
      posted.push(one);
      if (!made.intercept(one)) behave(one, streams.has(stream));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const made: SseServer = {
    origin,
    url: `${origin}/sse`,
    posted,
    asked,
    get openStreams() {
      return streams.size;
    },
    intercept: () => false,
    opening: () => false,
    endpoint: (stream) => `/messages?session=${stream}`,
    statusOfPost: 405,
    write: (stream, text) => void streams.get(stream)?.write(text),
    breakStreams: () => {
      for (const response of streams.values()) response.destroy();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return made;
}

interface Post {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
  readonly response: ServerResponse;
  readonly streams: ReadonlyMap<number, ServerResponse>;
}

function postedTo(stream: number, { url, headers, body, response, streams }: Post): Posted {
  const say = (message: JsonObject): void =>
    void streams.get(stream)?.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  return {
    stream,
    url,
    headers,
    body,
    processing: () => response.writeProcessing(),
    accept: (status = 202, text = 'Accepted', headers = {}) =>
      void response.writeHead(status, headers).end(text),
    say,
    result: (value) => say({ jsonrpc: '2.0', id: body['id'], result: value }),
  };
}

function behave({ body, accept, result }: Posted, isOpen: boolean): void {
  if (!isOpen) {
    accept(404, 'no such session');
    return;
  }
  accept();
  const { method, params } = body;
  if (method === 'initialize')
    result({ protocolVersion: '2024-11-05', serverInfo: { name: 'old', version: '1' } });
  else if (method === 'tools/list') result({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] });
  else if (method === 'tools/call')
    result({ content: [{ type: 'text', text: JSON.stringify((params as JsonObject)['arguments']) }] });
}
