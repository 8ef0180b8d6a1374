import { randomInt } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect } from 'node:net';

const LOOK_AGAIN_EVERY_MS = 100;
const PROBE_TIMEOUT_MS = 1_000;

/**
 * Sends requests in turn to the replicas of one service, as a cluster's service address does. It skips a replica that is
 * not ready while others are. It hides no failure: a request goes to another replica only when the first one accepted no
 * connection. A request that a replica accepted and did not answer becomes a 502, and is counted.
 */
export class LoadBalancer {
  readonly #server: Server;
  readonly #away = new Set<number>();
  readonly #looks = new Set<NodeJS.Timeout>();
  #round: number[] = [];
  #unanswered = 0;

  readonly #probing: NodeJS.Timeout | undefined;
  readonly #unready = new Set<number>();

  /**
   * @param readyUrlOf where the replica at a port says whether it is ready; absent: all always are.
   * @param probeEveryMs how often it is asked; each time it looks at all that it needs.
   */
  constructor(
    private readonly targetPorts: readonly number[],
    readyUrlOf?: (port: number) => string,
    probeEveryMs = LOOK_AGAIN_EVERY_MS,
  ) {
    if (readyUrlOf !== undefined)
      this.#probing = setInterval(() => {
        for (const port of targetPorts) void this.#probe(port, readyUrlOf(port));
      }, probeEveryMs).unref();
    this.#server = createServer((incoming, outgoing) => void this.#balance(incoming, outgoing));
    this.#server.keepAliveTimeout = 60_000;
  }

  /** Requests that a replica took and did not answer to the end. */
  get unanswered(): number {
    return this.#unanswered;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#probing);
    for (const look of this.#looks) clearTimeout(look);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #balance(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const first = this.#next();
    const others = this.targetPorts.filter((port) => port !== first && !this.#isOut(port));
    for (const port of [first, ...others]) {
      if ((await this.#forward(port, incoming, body, outgoing)) === 'taken') return;
      this.#takeOut(port);
    }
    outgoing.writeHead(503, { 'retry-after': '1' }).end();
  }

  /**
   * Each replica gets one request per round, in random order. With a fixed order, a client that always asks in pairs would
   * always ask the same replica the same question.
   */
  #next(): number {
    if (this.#round.length === 0) this.#round = [...this.targetPorts];
    const [port = 0] = this.#round.splice(randomInt(this.#round.length), 1);
    const allAreOut = this.targetPorts.every((one) => this.#isOut(one));
    return this.#isOut(port) && !allAreOut ? this.#next() : port;
  }

  #isOut(port: number): boolean {
    return this.#away.has(port) || this.#unready.has(port);
  }

  /** One that does not answer may be busy; whether it accepts connections is found out by the next request. */
  async #probe(port: number, url: string): Promise<void> {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }).catch(
      () => undefined,
    );
    await response?.arrayBuffer().catch(() => undefined);
    if (response?.status === 503) this.#unready.add(port);
    else this.#unready.delete(port);
  }

  /** Until it accepts connections again. */
  #takeOut(port: number): void {
    if (this.#away.has(port)) return;
    this.#away.add(port);
    const look = () => {
      const timer = setTimeout(() => {
        this.#looks.delete(timer);
        const socket = connect(port, '127.0.0.1');
        socket.once('connect', () => {
          socket.destroy();
          this.#away.delete(port);
        });
        socket.once('error', look);
      }, LOOK_AGAIN_EVERY_MS);
      this.#looks.add(timer);
    };
    look();
  }

  #forward(
    port: number,
    incoming: IncomingMessage,
    body: Buffer,
    outgoing: ServerResponse,
  ): Promise<'taken' | 'refused'> {
    return new Promise((resolve) => {
      const { method, url } = incoming;
      // Each request has its own connection: a kept one can break without telling whether the request arrived.
      const headers = { ...endToEnd(incoming.headers), connection: 'close' };
      const forwarded = request(
        { host: '127.0.0.1', port, method, path: url, headers, agent: false, setHost: false },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
          outgoing.flushHeaders();
          answer.pipe(outgoing);
          answer.once('close', () => resolve('taken'));
          answer.once('error', () => broken());
        },
      );
      const broken = (): void => {
        if (!outgoing.destroyed && !outgoing.writableEnded) this.#unanswered += 1;
        if (!outgoing.headersSent) outgoing.writeHead(502).end();
        else outgoing.destroy();
        resolve('taken');
      };
      forwarded.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') resolve('refused');
        else broken();
      });
      outgoing.once('close', () => {
        if (!outgoing.writableFinished) forwarded.destroy();
      });
      forwarded.end(body);
    });
  }
}

/** Without what concerns one connection only (RFC 9110 section 7.6.1). */
const endToEnd = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => name !== 'connection' && name !== 'keep-alive'),
  );
