import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { Administration } from '@gatehouse/config/model/administration';
import type { Log } from '@gatehouse/observability/log';
import { GracefulStop } from '@gatehouse/service-process/graceful-stop';
import { HTTP_LIMITS, limitedServer, type HttpLimits } from '@gatehouse/service-process/http-server';
import { AdministrationController } from './administration/administration.controller.js';

/** A few programs of operators. */
const LIMITS: HttpLimits = { ...HTTP_LIMITS, maxConnections: 64 };

export interface AdministrationListener {
  announce(): void;
  close(withinMs: number): Promise<void>;
}

/** The listener of the administrator's API. */
export async function startAdministration(
  app: Pick<INestApplication, 'get'>,
  administration: Administration,
  log: Log,
): Promise<AdministrationListener> {
  const server = limitedServer(LIMITS, log, app.get(AdministrationController).listener(administration));
  const stop = new GracefulStop(server);
  await listening(server, administration);
  return {
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

async function listening(server: Server, { host, port }: Administration): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}
