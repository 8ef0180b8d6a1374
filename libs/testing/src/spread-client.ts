import { Exchange, type Message } from './mcp-exchange.js';

/** Of a client: 2026-07-28, or the last revision with sessions. */
export type Era = 'legacy' | 'modern';

const VERSION = { legacy: '2025-11-25', modern: '2026-07-28' } as const;
const CAPABILITIES = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
const MOST_REMEMBERED = 256;
const INFO = { name: 'spread client', version: '1' };

export interface Spread {
  /** Of the endpoint, at each replica. */
  readonly urls: readonly string[];
  readonly accessToken: string;
  /** For each request to be answered, and for each thing to come. */
  readonly withinMs: number;
}

/** A request on the stream of which the client listens may stay open; any other one has to be answered. */
interface Asked {
  readonly exchange: Exchange;
  readonly isListening: boolean;
}

/**
 * A client of either era, by hand, that says at which replica each of its requests arrives: what a balancer may do. It remembers
 * what it asked, so that whoever uses it sees what got no answer.
 */
export class SpreadClient {
  sessionId = '';
  #lastId = 0;
  readonly #asked: Asked[] = [];

  constructor(
    readonly era: Era,
    private readonly spread: Spread,
  ) {}

  /** A client with sessions begins one at the first replica, and says at the last that it has. */
  async connect(): Promise<this> {
    if (this.era === 'modern') return this;
    const params = { protocolVersion: VERSION.legacy, capabilities: CAPABILITIES, clientInfo: INFO };
    const initialize = this.request(0, 'initialize', params);
    await initialize.response();
    this.sessionId = initialize.headers.get('mcp-session-id') ?? '';
    await this.notify(this.spread.urls.length - 1, 'notifications/initialized');
    return this;
  }

  request(replica: number, method: string, params: Message = {}): Exchange {
    return this.#post(replica, { id: this.#nextId(), method, params: this.#withEnvelope(params) });
  }

  /** @param more `_meta`, answers of a retry, and whatever else belongs into the parameters. */
  call(replica: number, name: string, args: Message = {}, more: Message = {}): Exchange {
    return this.request(replica, 'tools/call', { name, arguments: args, ...more });
  }

  /** The id that the newest request has. */
  get lastId(): string {
    return `request-${this.#lastId}`;
  }

  /** @returns its status. */
  async notify(replica: number, method: string, params: Message = {}): Promise<number> {
    const notified = this.#post(replica, { method, params: this.#withEnvelope(params) });
    return await notified.begun();
  }

  /** Answers what was asked on a stream. @returns its status. */
  async answer(replica: number, id: unknown, result: Message): Promise<number> {
    return await this.#post(replica, { id, result }).begun();
  }

  /** `GET` of a client with a session. @param lastEventId of a stream that broke off. */
  listen(replica: number, lastEventId?: string): Exchange {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const init = { method: 'GET', headers: { ...this.#headers('GET'), ...headers } };
    return this.#open(`GET${lastEventId === undefined ? '' : ' again'}`, replica, init, true);
  }

  /** `subscriptions/listen` of 2026-07-28. */
  subscribe(replica: number, notifications: Message): Exchange {
    const message = {
      id: this.#nextId(),
      method: 'subscriptions/listen',
      params: this.#withEnvelope({ notifications }),
    };
    return this.#post(replica, message, true);
  }

  async end(): Promise<void> {
    if (this.sessionId === '') return;
    await this.#open('DELETE', 0, { method: 'DELETE', headers: this.#headers('DELETE') }, false).begun();
  }

  /** Goes away from everything that is still open. */
  leave(): void {
    for (const { exchange } of this.#asked) if (!exchange.isOver) exchange.breakOff();
  }

  /**
   * What was asked, not given up, and has no response: neither of JSON-RPC nor a status that stands for one. A stream has to
   * end when all is said, unless it is there to listen.
   */
  async unanswered(): Promise<readonly string[]> {
    const awaited = this.#asked.filter(({ exchange }) => !exchange.isGivenUp);
    const isAnswered = await Promise.all(
      awaited.map(async ({ exchange, isListening }) => {
        await (isListening ? exchange.begun() : exchange.ended()).catch(() => undefined);
        return exchange.status !== 0 && (isListening || exchange.isOver);
      }),
    );
    return awaited
      .filter((_asked, index) => isAnswered[index] !== true)
      .map(({ exchange: { what, status, failure } }) => `${what}: ${status} ${failure}`);
  }

  #nextId(): string {
    this.#lastId += 1;
    return this.lastId;
  }

  #post(replica: number, message: Message, isListening = false): Exchange {
    const method = typeof message['method'] === 'string' ? message['method'] : 'an answer';
    const init = {
      method: 'POST',
      headers: { ...this.#headers(method, message['params']), 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    };
    return this.#open(method, replica, init, isListening);
  }

  #open(what: string, replica: number, init: RequestInit, isListening: boolean): Exchange {
    const { urls, withinMs } = this.spread;
    const exchange = new Exchange(`${what} at replica ${replica}`, urls[replica] ?? '', init, withinMs);
    if (this.#asked.length >= MOST_REMEMBERED) this.#forgetAnswered();
    this.#asked.push({ exchange, isListening });
    return exchange;
  }

  /** A client that lives for long remembers what is open, and what went wrong. */
  #forgetAnswered(): void {
    const open = this.#asked.filter(({ exchange: { isOver, status } }) => !isOver || status === 0);
    this.#asked.splice(0, this.#asked.length, ...open.slice(-MOST_REMEMBERED));
  }

  #headers(method: string, params?: unknown): Record<string, string> {
    const common = {
      authorization: `Bearer ${this.spread.accessToken}`,
      accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
    };
    if (this.era === 'modern') {
      const { name, uri } = (params ?? {}) as { readonly name?: unknown; readonly uri?: unknown };
      const named = name ?? uri;
      return {
        ...common,
        'mcp-protocol-version': VERSION.modern,
        'mcp-method': method,
        ...(typeof named === 'string' ? { 'mcp-name': named } : {}),
      };
    }
    if (this.sessionId === '') return common;
    return { ...common, 'mcp-session-id': this.sessionId, 'mcp-protocol-version': VERSION.legacy };
  }

  #withEnvelope(params: Message): Message {
    if (this.era === 'legacy') return params;
    return {
      ...params,
      _meta: {
        ...(params['_meta'] as Message | undefined),
        'io.modelcontextprotocol/protocolVersion': VERSION.modern,
        'io.modelcontextprotocol/clientCapabilities': CAPABILITIES,
        'io.modelcontextprotocol/clientInfo': INFO,
      },
    };
  }
}
