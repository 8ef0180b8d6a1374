import type { RequestListener } from 'node:http';
import type { Log } from '@gatehouse/observability/log';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import { contractServer } from '@gatehouse/messaging/contract-server';
import { HTTP_LIMITS, limitedServer, type HttpLimits } from '@gatehouse/service-process/http-server';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import type { VaultConfig } from './config.js';
import { TokenVaultModule } from './token-vault.module.js';

/** HTTP is for health and metrics only; nobody sends the vault a body. */
const BODY_LIMIT_BYTES = 1_024;
const LIMITS: HttpLimits = { ...HTTP_LIMITS, maxConnections: 256 };

/** The vault, answering on the bus and listening for health checks. */
export async function startTokenVault(
  config: VaultConfig,
  log: Log,
  limits = LIMITS,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    TokenVaultModule.forRoot(config, log),
    new FastifyAdapter({
      bodyLimit: BODY_LIMIT_BYTES,
      serverFactory: (answer: RequestListener) => limitedServer(limits, log, answer),
      forceCloseConnections: 'idle',
    }),
    { logger: nestLogger(log), abortOnError: false },
  );
  app.connectMicroservice({ strategy: contractServer(busOptionsOf('token-vault', config)) });
  await app.startAllMicroservices();
  await app.listen(config.listen.port, config.listen.host);
  return app;
}
