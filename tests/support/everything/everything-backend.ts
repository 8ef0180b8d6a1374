import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
  type NodeMcpRequestHandler,
} from '@modelcontextprotocol/node';
import {
  classifyInboundRequest,
  createMcpHandler,
  createRequestStateCodec,
  type McpHttpHandler,
} from '@modelcontextprotocol/server';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { everythingMcp, type Shared } from './everything-mcp.js';
import { EverythingSessions } from './everything-sessions.js';
import type { Round } from './round-trip-tools.js';

/** Which revisions a backend speaks: 2026-07-28, those before it, or all of them at one URL. */
export type Eras = 'dual' | 'modern' | 'legacy';

const validHost = localhostHostValidation();
const validOrigin = localhostOriginValidation();

/** A backend that has everything, made with the official SDK, on localhost. */
export class EverythingBackend {
  /** Calls that wait for their callers to give them up, and those that were given up: how many there ever were. */
  waiting = 0;
  cancelled = 0;
  readonly #gained: string[] = [];
  readonly #server: Server;
  readonly #sessions: EverythingSessions;
  readonly #modern: McpHttpHandler;
  readonly #serveModern: NodeMcpRequestHandler;

  private constructor(private readonly eras: Eras) {
    const shared: Shared = {
      told: {
        changed: (list) => this.#changed(list),
        waits: () => {
          this.waiting += 1;
        },
        cancelled: () => {
          this.cancelled += 1;
        },
      },
      states: createRequestStateCodec<Round>({ key: randomBytes(32) }),
      gained: this.#gained,
    };
    const make = () => everythingMcp(shared);
    this.#sessions = new EverythingSessions(make);
    this.#modern = createMcpHandler(make, { legacy: 'reject' });
    this.#serveModern = toNodeHandler(this.#modern);
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(eras: Eras): Promise<EverythingBackend> {
    const backend = new EverythingBackend(eras);
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  /** Has one more tool from now on, and says so to whoever listens. */
  gain(tool: string): void {
    this.#gained.push(tool);
    this.#sessions.gain(tool);
    this.#modern.notify.toolsChanged();
  }

  /** Says that a resource was updated to whoever subscribed to it. */
  updated(uri: string): void {
    this.#sessions.updated(uri);
    this.#modern.notify.resourceUpdated(uri);
  }

  async close(): Promise<void> {
    await this.#sessions.close();
    await this.#modern.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!validHost(request, response) || !validOrigin(request, response)) return;
    const { method = 'GET', url = '/mcp' } = request;
    const body = method === 'POST' ? parsed(await text(request)) : undefined;
    if (this.eras === 'modern' || (this.eras === 'dual' && isModern(request, body)))
      await this.#serveModern(Object.assign(request, { method, url }), response, body);
    else await this.#sessions.answer(request, response, body);
  }

  #changed(list: 'tools' | 'prompts'): void {
    this.#sessions.changed(list);
    if (list === 'tools') this.#modern.notify.toolsChanged();
    else this.#modern.notify.promptsChanged();
  }
}

function isModern({ method: httpMethod = 'GET', headers }: IncomingMessage, body: unknown): boolean {
  const version = headers['mcp-protocol-version'];
  const outcome = classifyInboundRequest({
    httpMethod,
    body,
    ...(typeof version === 'string' ? { protocolVersionHeader: version } : {}),
  });
  return outcome.kind !== 'legacy';
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
