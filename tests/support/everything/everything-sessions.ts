import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { isInitializeRequest, type McpServer } from '@modelcontextprotocol/server';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson } from '@gatehouse/testing/http-stub';
import { addGained } from './everything-mcp.js';
import { KeptEvents } from './kept-events.js';

/** What clients are told whose stream is closed (`retry`). */
const COME_BACK_AFTER_MS = 100;

interface Session {
  readonly transport: NodeStreamableHTTPServerTransport;
  readonly mcp: McpServer;
}

/** The revisions with sessions (`Mcp-Session-Id`): one server for each. */
export class EverythingSessions {
  readonly #sessions = new Map<string, Session>();

  constructor(private readonly make: () => McpServer) {}

  async answer(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    const id = request.headers['mcp-session-id'];
    const session = typeof id === 'string' ? this.#sessions.get(id) : undefined;
    if (session !== undefined) await session.transport.handleRequest(request, response, body);
    else if (id === undefined && isInitializeRequest(body)) await this.#open(request, response, body);
    else refuse(response, id === undefined ? 400 : 404);
  }

  /** Tells every session, on the stream that its client listens on. */
  changed(list: 'tools' | 'prompts'): void {
    for (const { mcp } of this.#sessions.values())
      if (list === 'tools') mcp.sendToolListChanged();
      else mcp.sendPromptListChanged();
  }

  /** The library tells whoever listens. */
  gain(tool: string): void {
    for (const { mcp } of this.#sessions.values()) addGained(mcp, tool);
  }

  updated(uri: string): void {
    for (const { mcp } of this.#sessions.values())
      mcp.server.sendResourceUpdated({ uri }).catch(() => undefined);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(({ mcp }) => mcp.close()));
    this.#sessions.clear();
  }

  async #open(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    const mcp = this.make();
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new KeptEvents(),
      retryInterval: COME_BACK_AFTER_MS,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, { transport, mcp });
      },
      onsessionclosed: (id) => {
        this.#sessions.delete(id);
      },
    });
    await mcp.connect(transport);
    await transport.handleRequest(request, response, body);
  }
}

/** As servers with sessions answer what names none, or one that is over. */
function refuse(response: ServerResponse, status: 400 | 404): void {
  const message = status === 400 ? 'A session is needed' : 'There is no such session';
  sendJson(response, status, { jsonrpc: '2.0', id: null, error: { code: -32_000, message } });
}
