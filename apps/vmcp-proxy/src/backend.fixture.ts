import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from './mcp/message.js';

/** One request as a backend received it. */
export interface Received {
  readonly httpMethod: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: JsonObject;
}

export interface BackendBehaviour {
  /**
   * `sessions`: initialize gives a session id, and nothing goes without it. `dual` and `dual-stateless` speak the modern
   * revision as well.
   */
  readonly kind: 'modern' | 'stateless' | 'sessions' | 'dual' | 'dual-stateless';
  readonly tools?: readonly JsonObject[];
  readonly resources?: readonly JsonObject[];
  readonly prompts?: readonly JsonObject[];
  /** What else it says about itself: instructions, and capabilities beside tools. */
  readonly about?: { readonly instructions?: string; readonly capabilities?: JsonObject };
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
  /** Is another kind of server from now on. */
  become(kind: BackendBehaviour['kind']): void;
  setIntercept(intercept: BackendBehaviour['intercept']): void;
  setTools(tools: readonly JsonObject[]): void;
  close(): Promise<void>;
}

const ECHO = { name: 'echo', description: 'Says it again.', inputSchema: { type: 'object' } };

/** An MCP server small enough to see exactly what a gateway sent to it. */
class SmallServer {
  readonly received: Received[] = [];
  readonly sessions = new Set<string>();
  intercept: BackendBehaviour['intercept'];
  tools: readonly JsonObject[];
  kind: BackendBehaviour['kind'];
  #nextSession = 0;

  constructor(private readonly behaviour: BackendBehaviour) {
    this.intercept = behaviour.intercept;
    this.kind = behaviour.kind;
    this.tools = behaviour.tools ?? [ECHO];
  }

  take(one: Received, response: ServerResponse, request: IncomingMessage): void {
    this.received.push(one);
    if (this.intercept?.(one, response, request) === true) return;
    const { kind } = this;
    const modern = one.headers['mcp-protocol-version'] === '2026-07-28';
    if (modern ? !this.#isModern : kind === 'modern')
      sendError(one, response, 400, modern ? -32_000 : -32_022);
    else if (one.body['method'] === 'initialize') this.#initialize(one, response);
    else if (!modern && this.#keepsSessions && !this.sessions.has(String(one.headers['mcp-session-id'])))
      sendError(one, response, 404, -32_001);
    else if (one.body['id'] === undefined) response.writeHead(202).end();
    else this.#answer(one, response, modern);
  }

  #initialize(one: Received, response: ServerResponse): void {
    this.#nextSession += 1;
    const sessionId = `backend-session-${this.#nextSession}`;
    if (this.#keepsSessions) this.sessions.add(sessionId);
    const result = {
      protocolVersion: '2025-11-25',
      ...this.#about,
      serverInfo: { name: 'test', version: '1' },
    };
    sendResult(one, response, result, this.#keepsSessions ? { 'mcp-session-id': sessionId } : {});
  }

  get #about(): JsonObject {
    const { capabilities, ...rest } = this.behaviour.about ?? {};
    return { ...rest, capabilities: { tools: {}, prompts: {}, resources: {}, ...capabilities } };
  }

  get #isModern(): boolean {
    return this.kind !== 'stateless' && this.kind !== 'sessions';
  }

  get #keepsSessions(): boolean {
    return this.kind === 'sessions' || this.kind === 'dual';
  }

  #answer(one: Received, response: ServerResponse, modern: boolean): void {
    const { resources = [], prompts = [], result = echoed } = this.behaviour;
    const cacheable = modern ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {};
    const results: Readonly<Record<string, () => JsonObject>> = {
      'server/discover': () => ({
        ...cacheable,
        supportedVersions: ['2026-07-28'],
        ...this.#about,
      }),
      'tools/list': () => ({ ...cacheable, tools: this.tools }),
      'resources/list': () => ({ ...cacheable, resources }),
      'prompts/list': () => ({ ...cacheable, prompts }),
    };
    const called = ['tools/call', 'prompts/get', 'resources/read', 'completion/complete'];
    const method = String(one.body['method']);
    const listed = results[method];
    if (listed !== undefined) sendResult(one, response, listed());
    else if (called.includes(method))
      sendResult(one, response, { ...(modern ? { resultType: 'complete' } : {}), ...result(one) });
    else sendError(one, response, modern ? 404 : 200, -32_601);
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

const sendResult = (
  one: Received,
  response: ServerResponse,
  result: unknown,
  headers?: Record<string, string>,
): void => send(response, 200, { jsonrpc: '2.0', id: one.body['id'], result }, headers);

const sendError = (one: Received, response: ServerResponse, status: number, code: number): void =>
  send(response, status, { jsonrpc: '2.0', id: one.body['id'] ?? null, error: { code, message: 'refused' } });

/** @param onPort left out: any that is free. */
export async function startBackend(behaviour: BackendBehaviour, onPort = 0): Promise<TestBackend> {
  const small = new SmallServer(behaviour);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const body = (text === '' ? {} : JSON.parse(text)) as JsonObject;
      small.take(
        { httpMethod: request.method ?? '', headers: request.headers, text, body },
        response,
        request,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(onPort, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    received: small.received,
    callsOf: (method) => small.received.filter(({ body }) => body['method'] === method),
    forgetSessions: () => small.sessions.clear(),
    become: (kind) => {
      small.kind = kind;
    },
    setIntercept: (given) => {
      small.intercept = given;
    },
    setTools: (given) => {
      small.tools = given;
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
