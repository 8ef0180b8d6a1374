import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from './edge/message.js';

/** One request as a backend received it. */
export interface Received {
  readonly httpMethod: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
}

export interface BackendBehaviour {
  /** `sessions`: initialize gives a session id, and nothing goes without it. */
  readonly kind: 'modern' | 'stateless' | 'sessions';
  readonly tools?: readonly JsonObject[];
  readonly resources?: readonly JsonObject[];
  readonly prompts?: readonly JsonObject[];
  /** Looks at a request first; `true`: it answered it. */
  readonly intercept?: (received: Received, response: ServerResponse, request: IncomingMessage) => boolean;
  /** The result of a call. */
  readonly result?: (received: Received) => JsonObject;
}

export interface TestBackend {
  readonly url: string;
  readonly received: readonly Received[];
  callsOf(method: string): readonly Received[];
  /** Forgets all sessions, as a restart does. */
  forgetSessions(): void;
  setIntercept(intercept: BackendBehaviour['intercept']): void;
  setTools(tools: readonly JsonObject[]): void;
  close(): Promise<void>;
}

const ECHO = { name: 'echo', description: 'Says it again.', inputSchema: { type: 'object' } };

/** An MCP server small enough to see exactly what a gateway sent to it. */
export async function startBackend(behaviour: BackendBehaviour): Promise<TestBackend> {
  const received: Received[] = [];
  const sessions = new Set<string>();
  let { intercept, tools } = behaviour;
  let nextSession = 0;
  const answer = (one: Received, response: ServerResponse): void => {
    const { id, method } = one.body;
    const send = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    const result = (value: unknown, headers?: Record<string, string>): void =>
      send(200, { jsonrpc: '2.0', id, result: value }, headers);
    const error = (status: number, code: number, message: string): void =>
      send(status, { jsonrpc: '2.0', id: id ?? null, error: { code, message } });
    const modern = one.headers['mcp-protocol-version'] === '2026-07-28';
    if (behaviour.kind === 'modern' && !modern) {
      error(400, -32_022, 'unsupported');
      return;
    }
    if (behaviour.kind !== 'modern' && modern) {
      error(400, -32_000, 'Bad Request: unsupported protocol version');
      return;
    }
    if (method === 'initialize') {
      nextSession += 1;
      const sessionId = `backend-session-${nextSession}`;
      if (behaviour.kind === 'sessions') sessions.add(sessionId);
      result(
        {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'test', version: '1' },
        },
        behaviour.kind === 'sessions' ? { 'mcp-session-id': sessionId } : {},
      );
      return;
    }
    if (behaviour.kind === 'sessions' && !sessions.has(String(one.headers['mcp-session-id']))) {
      error(404, -32_001, 'Session not found');
      return;
    }
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const complete = behaviour.kind === 'modern' ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {};
    switch (method) {
      case 'server/discover':
        result({ ...complete, supportedVersions: ['2026-07-28'], capabilities: { tools: {} } });
        break;
      case 'tools/list':
        result({ ...complete, tools: tools ?? [ECHO] });
        break;
      case 'resources/list':
        result({ ...complete, resources: behaviour.resources ?? [] });
        break;
      case 'prompts/list':
        result({ ...complete, prompts: behaviour.prompts ?? [] });
        break;
      case 'tools/call':
      case 'prompts/get':
      case 'resources/read':
        result({ ...(behaviour.kind === 'modern' ? { resultType: 'complete' } : {}), ...(behaviour.result?.(one) ?? echoed(one)) });
        break;
      default:
        error(behaviour.kind === 'modern' ? 404 : 200, -32_601, 'Method not found');
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const body = (text === '' ? {} : JSON.parse(text)) as JsonObject;
      const one = { httpMethod: request.method ?? '', headers: request.headers, body };
      received.push(one);
      if (intercept?.(one, response, request) !== true) answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    received,
    callsOf: (method) => received.filter(({ body }) => body['method'] === method),
    forgetSessions: () => sessions.clear(),
    setIntercept: (given) => {
      intercept = given;
    },
    setTools: (given) => {
      tools = given;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const echoed = ({ body }: Received): JsonObject => ({
  content: [{ type: 'text', text: JSON.stringify(body['params'] ?? {}) }],
});
