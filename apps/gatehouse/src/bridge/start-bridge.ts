import type { AddressInfo } from 'node:net';
import type { BridgedBackend, BridgePart } from '@gatehouse/config/bridge-part';
import type { Log } from '@gatehouse/observability/log';
import { HTTP_LIMITS, limitedServer } from '@gatehouse/service-process/http-server';
import { KnownCallers } from './callers.js';
import { BridgeEndpoint } from './endpoint.js';
import { Sessions, type SessionSurroundings } from './sessions.js';

export interface RunningBridge {
  readonly port: number;
  /** From now on it runs these programs. How it is reached stays as it was. */
  exchange(backends: readonly BridgedBackend[]): void;
  /** Calls that run may finish within that time. Resolves when no program is left. */
  close(withinMs: number): Promise<void>;
}

/** Listens for the proxy. */
export async function startBridge(
  part: BridgePart,
  surroundings: Omit<SessionSurroundings, 'log'>,
  log: Pick<Log, 'info' | 'warn' | 'failure'>,
): Promise<RunningBridge> {
  const sessions = new Sessions({ ...surroundings, log });
  const callers = new KnownCallers(part);
  const endpoint = new BridgeEndpoint(part, callers, sessions);
  const server = limitedServer(HTTP_LIMITS, log, (request, response) => {
    endpoint.handle(request, response).catch((error: unknown) => {
      // A caller that is gone in the middle of its message.
      if (request.readableAborted) return;
      log.failure('bridge-request-failed', error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(part.listen.port, part.listen.host, resolve);
  });
  // What goes wrong with the socket later, such as no descriptors for a connection, is no end of what runs.
  server.on('error', (error) => log.failure('bridge-socket-failed', error));
  // It listens on TCP.
  const { port } = server.address() as AddressInfo;
  callers.listensAt(port);
  return {
    port,
    exchange: (backends) => endpoint.exchange(backends),
    close: async (withinMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await sessions.close(withinMs);
      server.closeAllConnections();
      await closed;
    },
  };
}
