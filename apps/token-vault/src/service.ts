import type { RequestListener } from 'node:http';
import type { Log } from '@gatehouse/observability/log';
import { Tracing } from '@gatehouse/observability/tracing';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import { contractServer } from '@gatehouse/messaging/contract-server';
import { HTTP_LIMITS, limitedServer, type HttpLimits } from '@gatehouse/service-process/http-server';
import { withInternalServer, type RunningService } from '@gatehouse/service-process/internal-server';
import { WITHOUT_SCHEMAS } from '@gatehouse/service-process/without-schemas';
import { exchangePart } from '@gatehouse/service-process/injected';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { BackendStrategies } from './credentials/backend-strategies.js';
import { TokenVaultModule } from './token-vault.module.js';

/** Starts the vault. It answers services on the bus, and operators on the internal listener. */
export async function startTokenVault(
  config: TokenVaultPart,
  log: Log,
  limits?: HttpLimits,
): Promise<RunningService<NestFastifyApplication, TokenVaultPart>> {
  const app = await NestFactory.create<NestFastifyApplication>(
    TokenVaultModule.forRoot(config, log),
    // Nest needs an HTTP adapter beside the bus. It never listens: nobody asks the vault over HTTP.
    new FastifyAdapter({
      schemaController: WITHOUT_SCHEMAS,
      serverFactory: (answer: RequestListener) => limitedServer(HTTP_LIMITS, log, answer),
    }),
    { logger: nestLogger(log), abortOnError: false },
  );
  app.connectMicroservice({
    strategy: contractServer(busOptionsOf('token-vault', config), app.get(Tracing)),
  });
  await app.startAllMicroservices();
  await app.init();
  return await withInternalServer(app, config.listen.internal, log, {
    limits,
    reconfigure: (next: TokenVaultPart) => {
      app.get(BackendStrategies).keep(next);
      exchangePart(config, next);
    },
  });
}
