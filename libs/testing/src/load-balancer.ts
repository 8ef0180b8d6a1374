import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';

/** Requests in turn to the replicas of one service, as a cluster's service address does; a replica that refuses connections is passed over. */
export class LoadBalancer {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });
  #next = 0;

  constructor(private readonly targetPorts: readonly number[]) {
    this.#server = createServer((incoming, outgoing) => void this.#balance(incoming, outgoing));
    this.#server.keepAliveTimeout = 60_000;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #balance(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    for (let attempt = 0; attempt < this.targetPorts.length; attempt += 1) {
      const port = this.targetPorts[this.#next++ % this.targetPorts.length] ?? 0;
      const verdict = await this.#forward(port, incoming, body, outgoing);
      if (verdict !== 'refused') return;
    }
    if (!outgoing.headersSent) outgoing.writeHead(503, { 'retry-after': '1' });
    outgoing.end();
  }

  #forward(
    port: number,
    incoming: IncomingMessage,
    body: Buffer,
    outgoing: ServerResponse,
  ): Promise<'done' | 'refused'> {
    return new Promise((resolve) => {
      const { method, url, headers } = incoming;
      const forwarded = request(
        { host: '127.0.0.1', port, method, path: url, headers, agent: this.#agent, setHost: false },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          outgoing.flushHeaders();
          answer.pipe(outgoing);
          answer.once('close', () => resolve('done'));
          answer.once('error', () => outgoing.destroy());
        },
      );
      forwarded.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') {
          resolve('refused');
          return;
        }
        // The replica died with the request: nobody knows whether it ran, so it is not sent again.
        if (!outgoing.headersSent) outgoing.writeHead(502).end();
        else outgoing.destroy();
        resolve('done');
      });
      outgoing.once('close', () => {
        if (!outgoing.writableFinished) forwarded.destroy();
      });
      forwarded.end(body);
    });
  }
}
