import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stands before the gateway and adds a person's access token to each request, which the conformance suite cannot do.
 * It changes nothing else: `Host` and `Origin` go on as they came, bodies and streams as they are written.
 */
export class AuthorizingShim {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server: Server;

  private constructor(
    private readonly target: URL,
    private readonly accessToken: string,
  ) {
    this.#server = createServer((incoming, outgoing) => this.#forward(incoming, outgoing));
  }

  static async start(targetUrl: string, accessToken: string): Promise<AuthorizingShim> {
    const shim = new AuthorizingShim(new URL(targetUrl), accessToken);
    await new Promise<void>((resolve) => shim.#server.listen(0, '127.0.0.1', resolve));
    return shim;
  }

  /** The target's URL, with the shim in the place of its host. */
  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}${this.target.pathname}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#agent.destroy();
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url, headers } = incoming;
    const sent = { ...headers, authorization: `Bearer ${this.accessToken}` };
    // Of this connection only (RFC 9110 section 7.6.1).
    delete sent.connection;
    const { port } = this.target;
    const forwarded = request(
      { host: '127.0.0.1', port, method, path: url, headers: sent, agent: this.#agent, setHost: false },
      (answer) => {
        const received = { ...answer.headers };
        delete received.connection;
        delete received['keep-alive'];
        outgoing.writeHead(answer.statusCode ?? 502, received);
        outgoing.flushHeaders();
        answer.pipe(outgoing);
        answer.once('error', () => outgoing.destroy());
      },
    );
    forwarded.once('error', () => outgoing.destroy());
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) forwarded.destroy();
    });
    incoming.pipe(forwarded);
  }
}
