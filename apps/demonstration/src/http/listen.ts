import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One bound port. It answers 503 until {@link Listening.serve} gives it its work, so URLs can be known first. */
export interface Listening {
  readonly port: number;
  serve(listener: RequestListener): void;
  close(): Promise<void>;
}

/** A port that could not be bound; the message names the part and the address. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Binds `host:port` (0 = any free port). A server on 127.0.0.1 also answers on ::1, because `localhost` may mean either.
 */
export async function listen(name: string, host: string, port: number): Promise<Listening> {
  let work: RequestListener | undefined;
  const listener: RequestListener = (request, response) => {
    if (request.url === '/health') response.writeHead(work === undefined ? 503 : 200).end();
    else if (work === undefined) response.writeHead(503).end();
    else work(request, response);
  };
  const first = await bind(name, host, port, listener);
  const bound = (first.address() as AddressInfo).port; // a TCP server's address is an AddressInfo
  const servers = [first];
  if (host === '127.0.0.1') {
    try {
      servers.push(await bind(name, '::1', bound, listener));
    } catch (error) {
      if (!(error instanceof NoSuchAddress)) {
        await Promise.all(servers.map(shut));
        throw error;
      }
    }
  }
  return {
    port: bound,
    serve: (given) => {
      work = given;
    },
    close: async () => {
      await Promise.all(servers.map(shut));
    },
  };
}

class NoSuchAddress extends Error {}

function bind(name: string, host: string, port: number, listener: RequestListener): Promise<Server> {
  // Longer than the idle time of common client pools: a pooled socket must not be closed under a request.
  const server = createServer({ keepAliveTimeout: 75_000 }, listener);
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') {
        reject(new NoSuchAddress(`${name} cannot listen on ${address}: this machine has no such address`));
        return;
      }
      const reason = error.code === 'EADDRINUSE' ? 'the port is taken' : (error.code ?? 'unknown reason');
      reject(new ListenError(`${name} cannot listen on ${address}: ${reason}`));
    });
    server.listen(port, host, () => resolve(server));
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
