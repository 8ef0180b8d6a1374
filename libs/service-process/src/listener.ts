import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '@gatehouse/config/model/listen-addresses';
import { GracefulStop } from './graceful-stop.js';

export interface Listener {
  /** The one that was taken, where any free one was asked for. */
  readonly port: number;
  /** From now on each answer is the last one of its connection. */
  announce(): void;
  /** Finishes what was begun, and ends what is not finished in time. */
  close(withinMs: number): Promise<void>;
}

/** A listener beside the one that the framework has: it stops without losing an answer, too. */
export async function listen(server: Server, { host, port }: ListenAddress): Promise<Listener> {
  const stop = new GracefulStop(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    // It listens on TCP.
    port: (server.address() as AddressInfo).port,
    announce: () => {
      stop.announce();
    },
    close: async (withinMs) => {
      stop.announce();
      const done = stop.close(withinMs);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      done();
    },
  };
}
