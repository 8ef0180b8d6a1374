import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { countedWarning } from '@gatehouse/observability/counted-warning';
import type { Log } from '@gatehouse/observability/log';

/** How long a peer may hold a connection without getting on, and how many connections there may be. */
export interface HttpLimits {
  /** From the connection, or the first byte of a further request, to the end of the header. */
  readonly headerMs: number;
  /** The same to the end of the body; at least `headerMs`. An answer may take as long as it likes. */
  readonly requestMs: number;
  /** Between an answer and the next request. Front ends keep connections for about a minute, and must close first. */
  readonly idleMs: number;
  /** While an answer waits to be taken, and nothing of it is. */
  readonly stalledMs: number;
  /** The first two are looked at this often. */
  readonly checkEveryMs: number;
  readonly maxHeaderBytes: number;
  readonly maxConnections: number;
  /** Connections of one peer; those of a peer without a name (a trusted proxy) count only towards all. */
  readonly perPeer?: { readonly max: number; readonly peerOf: (socket: Socket) => string | undefined };
}

export const HTTP_LIMITS: HttpLimits = {
  headerMs: 10 * SECOND_MS,
  requestMs: 30 * SECOND_MS,
  idleMs: 65 * SECOND_MS,
  stalledMs: 30 * SECOND_MS,
  checkEveryMs: 5 * SECOND_MS,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 4_096,
};

/**
 * The HTTP server of a service: nobody holds a connection of it by sending slowly, by sending nothing, or by not reading.
 * A long answer is not cut, however long nothing is to be said: only one that its peer does not take.
 */
export function limitedServer(limits: HttpLimits, log: Pick<Log, 'warn'>, listener: RequestListener): Server {
  const server = createServer(
    {
      headersTimeout: limits.headerMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      maxHeaderSize: limits.maxHeaderBytes,
    },
    listener,
  );
  server.maxConnections = limits.maxConnections;
  // Else a worker that is full gives the connection back to its primary, which hands it on again at once, for as long as the
  // client stays (Node 24, lib/internal/cluster/child.js). The types do not know it yet.
  Object.assign(server, { dropMaxConnection: true });
  // Node's timer of a socket runs anew with every byte that goes either way.
  server.timeout = limits.stalledMs;
  const failed = countedWarning(log, 'response-failed');
  server.on('request', (_request: IncomingMessage, response) => {
    response.on('timeout', cutIfNotTaken);
    // Without a listener a single wrong write to one response ends the process, and everybody's requests with it.
    response.on('error', failed);
  });
  const refused = countedWarning(log, 'connections-refused');
  server.on('drop', refused);
  if (limits.perPeer !== undefined) limitPeers(server, limits.perPeer, refused);
  return server;
}

/** Where nothing waits to be sent it is our turn, and the answer takes its time. */
function cutIfNotTaken(socket: Socket): void {
  if (socket.writableLength > 0) socket.resetAndDestroy();
}

function limitPeers(
  server: Server,
  { max, peerOf }: NonNullable<HttpLimits['perPeer']>,
  refused: () => void,
): void {
  // Never more entries than connections.
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    if (peer === undefined) return;
    const count = (open.get(peer) ?? 0) + 1;
    open.set(peer, count);
    socket.once('close', () => {
      const left = (open.get(peer) ?? 1) - 1;
      if (left === 0) open.delete(peer);
      else open.set(peer, left);
    });
    if (count > max) {
      refused();
      socket.resetAndDestroy();
    }
  });
}
