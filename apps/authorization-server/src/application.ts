import type { IncomingMessage } from 'node:http';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { contractServer } from '@gatehouse/messaging/contract-server';
import type { Log } from '@gatehouse/observability/log';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import { AuthorizationServerModule } from './authorization-server.module.js';
import type { Config } from './config.js';
import { IssuerUrls } from './http/issuer-urls.js';

const BODY_LIMIT_BYTES = 64 * 1024;

/** The whole service, not yet listening on its port. */
export async function createApplication(config: Config, log: Log): Promise<NestFastifyApplication> {
  const urls = new IssuerUrls(config.issuer);
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    // Below an issuer with a path our routes stand after that path.
    rewriteUrl: (request: IncomingMessage) => urls.route(request.url ?? '/'),
    forceCloseConnections: 'idle',
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AuthorizationServerModule.forRoot(config, log),
    adapter,
    {
      logger: nestLogger(log),
      bodyParser: false,
      abortOnError: false,
    },
  );
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  // Each endpoint reads its own body; what they share is the limit (413 above it).
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.connectMicroservice({ strategy: contractServer(busOptionsOf('authorization-server', config)) });
  return app;
}

export async function start(app: NestFastifyApplication, config: Config): Promise<void> {
  await app.startAllMicroservices();
  await app.listen(config.listen.port, config.listen.host);
}
