import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A real HTTP server on localhost that a test stands in for somebody with. */
export abstract class HttpStub {
  readonly #server: Server;
  #port: number;

  /** @param port 0: any free one */
  constructor(port = 0) {
    this.#port = port;
    this.#server = createServer((request, response) => {
      this.#take(request, response).catch(() => response.destroy());
    });
  }

  get origin(): string {
    return `http://localhost:${this.#port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(this.#port, '127.0.0.1', done));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Nothing listens any more; {@link HttpStub.start} brings it back at the same address. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  protected abstract answer(request: StubRequest, response: ServerResponse): void | Promise<void>;

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = 'GET', headers } = request;
    const url = new URL(request.url ?? '/', this.origin);
    await this.answer({ method, url, headers, body: Buffer.concat(chunks).toString() }, response);
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
