import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { pemOf } from './der.js';
import type { TestCertificate } from './self-signed.js';
import { passedOn } from './certificate-authority.js';

/** An address of this machine that is not the one which everybody else calls from. */
export const PROXY_ADDRESS = '127.0.0.5';

export interface CertifyingProxyOptions {
  /** Of the server. */
  readonly certificate: TestCertificate;
  /** Where requests go. */
  readonly port: number;
  readonly header?: string;
  /** It passes on what a caller sends under that name: the mistake that a proxy must not make. */
  readonly forgetsToStrip?: boolean;
}

/**
 * A reverse proxy that ends TLS, asks clients for a certificate, and passes it on (RFC 9440). It judges none: that is for those
 * behind it.
 */
export class CertifyingProxy {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(options: CertifyingProxyOptions): Promise<CertifyingProxy> {
    const server = createServer(
      { ...options.certificate, requestCert: true, rejectUnauthorized: false },
      (asked, answer) => forward(asked, answer, options),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CertifyingProxy(server, `https://localhost:${(server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function forward(
  asked: IncomingMessage,
  answer: ServerResponse,
  { port, header = 'client-cert', forgetsToStrip = false }: CertifyingProxyOptions,
): void {
  const { raw } = (asked.socket as TLSSocket).getPeerCertificate() as { readonly raw?: Buffer };
  const { [header]: sent, ...headers } = asked.headers;
  const shown = raw === undefined ? undefined : passedOn({ cert: pemOf(raw) });
  const passed = [...(forgetsToStrip ? [sent ?? []].flat() : []), ...(shown === undefined ? [] : [shown])];
  const onward = request(
    {
      host: '127.0.0.1',
      port,
      localAddress: PROXY_ADDRESS,
      method: asked.method,
      path: asked.url,
      headers: { ...headers, ...(passed.length === 0 ? {} : { [header]: passed }) },
    },
    (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    },
  );
  onward.on('error', () => answer.destroy());
  answer.on('close', () => onward.destroy());
  asked.pipe(onward);
}
