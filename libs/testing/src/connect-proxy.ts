import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';

export interface ConnectProxyOptions {
  /** `user:password` that callers have to show. */
  readonly credentials?: string;
  /** What a host is for this proxy: the port on this machine. Other hosts are as the URL says. */
  readonly hosts?: Readonly<Record<string, number>>;
  /** The proxy itself speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Answers every request with this status. */
  readonly refuseWith?: number;
}

/** What a caller asked the proxy for. */
export interface Asked {
  readonly method: string;
  /** `host:port` of a tunnel, or the absolute URL. */
  readonly target: string;
  readonly authorization: string | undefined;
}

/** An HTTP proxy as networks have them, where nothing else leads out: tunnels, and requests in absolute form. */
export class ConnectProxy {
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #open = new Set<Duplex>();

  private constructor(private readonly options: ConnectProxyOptions) {
    this.#server = options.tls === undefined ? createServer() : createSecureServer(options.tls);
    this.#server.on('connection', (socket: Socket) => this.#keep(socket));
    this.#server.on('connect', (asked: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#tunnel(asked, socket, head),
    );
    this.#server.on('request', (asked: IncomingMessage, response: ServerResponse) =>
      this.#forward(asked, response),
    );
  }

  static async start(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** @returns the status of a refusal. */
  #refusal({ method = '', url = '', headers }: IncomingMessage): number | undefined {
    const { 'proxy-authorization': authorization } = headers;
    this.asked.push({ method, target: url, authorization });
    const { refuseWith, credentials } = this.options;
    if (refuseWith !== undefined) return refuseWith;
    if (credentials === undefined) return undefined;
    return authorization === `Basic ${Buffer.from(credentials).toString('base64')}` ? undefined : 407;
  }

  #tunnel(asked: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const refusal = this.#refusal(asked);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const { host, port } = this.#place(new URL(`http://${asked.url ?? ''}`), 80);
    const onward = connect(port, host);
    this.#keep(onward);
    onward.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      pipeline(socket, onward, () => undefined);
      pipeline(onward, socket, () => undefined);
    });
    onward.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n'));
  }

  #forward(asked: IncomingMessage, response: ServerResponse): void {
    const refusal = this.#refusal(asked);
    const url = URL.parse(asked.url ?? '');
    if (refusal !== undefined || url === null) {
      response.writeHead(refusal ?? 400).end();
      return;
    }
    const headers = { ...asked.headers };
    delete headers['proxy-authorization'];
    const onward = request(
      {
        ...this.#place(url, 80),
        method: asked.method,
        path: url.pathname + url.search,
        headers,
        agent: false,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    response.once('close', () => onward.destroy());
    asked.pipe(onward);
  }

  #place({ hostname, port }: URL, usual: number): { readonly host: string; readonly port: number } {
    const known = this.options.hosts?.[hostname];
    if (known !== undefined) return { host: '127.0.0.1', port: known };
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) };
  }

  #keep(socket: Duplex): void {
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    socket.on('error', () => undefined);
  }
}
