import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { isInitializeRequest } from '@modelcontextprotocol/server';
import { randomUUID } from 'node:crypto';
import { sendJson } from '../http/messages.js';
import type { Catalog } from './catalogs.js';
import type { McpExchange } from './mcp-endpoint.js';
import { authInfoOf, mcpServer } from './mcp-server.js';

interface Session {
  readonly transport: NodeStreamableHTTPServerTransport;
  readonly subject: string | null;
}

const MAX_SESSIONS = 1_000;

/** Legacy protocol sessions (`Mcp-Session-Id`): one server each, kept until closed, forgotten, or pushed out by newer ones. */
export class McpSessions {
  readonly #sessions = new Map<string, Session>();
  readonly #backend: string;
  readonly #catalog: Catalog;

  constructor(backend: string, catalog: Catalog) {
    this.#backend = backend;
    this.#catalog = catalog;
  }

  readonly serve = async (exchange: McpExchange): Promise<void> => {
    const { request, response, body, caller } = exchange;
    const id = request.headers['mcp-session-id'];
    const session = typeof id === 'string' ? this.#sessions.get(id) : undefined;
    if (session !== undefined && session.subject === caller.principal.subject)
      return this.#pass(session.transport, exchange);
    if (id === undefined && isInitializeRequest(body)) return this.#open(exchange);
    const [status, message] = id === undefined ? [400, 'A session is needed'] : [404, 'Session not found'];
    sendJson(response, status, { jsonrpc: '2.0', id: null, error: { code: -32_001, message } });
  };

  /** Drops every session, as a restart would. */
  readonly forget = (): number => {
    const count = this.#sessions.size;
    for (const { transport } of this.#sessions.values()) void transport.close();
    this.#sessions.clear();
    return count;
  };

  async #open(exchange: McpExchange): Promise<void> {
    const { subject } = exchange.caller.principal;
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, { transport, subject });
        this.#makeRoom();
      },
      onsessionclosed: (id) => {
        this.#sessions.delete(id);
      },
    });
    await mcpServer(this.#backend, this.#catalog).connect(transport);
    await this.#pass(transport, exchange);
  }

  #makeRoom(): void {
    const oldest = this.#sessions.entries().next().value;
    if (this.#sessions.size <= MAX_SESSIONS || oldest === undefined) return;
    this.#sessions.delete(oldest[0]);
    void oldest[1].transport.close();
  }

  #pass(
    transport: NodeStreamableHTTPServerTransport,
    { request, response, body, caller }: McpExchange,
  ): Promise<void> {
    return transport.handleRequest(Object.assign(request, { auth: authInfoOf(caller) }), response, body);
  }
}
