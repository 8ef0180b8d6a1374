import type { IncomingMessage, RequestListener } from 'node:http';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { exchangePart } from '@gatehouse/service-process/injected';
import { NestFactory } from '@nestjs/core';
import { contractServer } from '@gatehouse/messaging/contract-server';
import { GoneClientFilter } from '@gatehouse/observability/gone-client.filter';
import type { Log } from '@gatehouse/observability/log';
import { Tracing } from '@gatehouse/observability/tracing';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import { HTTP_LIMITS, limitedServer, type HttpLimits } from '@gatehouse/service-process/http-server';
import { withInternalServer, type RunningService } from '@gatehouse/service-process/internal-server';
import type { Listener } from '@gatehouse/service-process/listener';
import { WITHOUT_SCHEMAS } from '@gatehouse/service-process/without-schemas';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { startAdministration } from './administration-listener.js';
import { AuthorizationServerModule } from './authorization-server.module.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { peerUnless } from '@gatehouse/service-process/trusted-proxies';
import { Cors } from './http/cors.js';
import { DoctorProbes } from './http/doctor-probes.js';
import { IssuerUrls } from './http/issuer-urls.js';
import { RequestLimits } from './http/request-limits.js';
import { traceRequests } from './http/traced-requests.js';
import { UnknownPathFilter } from './http/unknown-path.filter.js';
import { UnstorableInput } from './http/unstorable-input.js';
import { WatchSigningKeys } from './signing-keys/watch-signing-keys.job.js';

/** Used when no other time limit is given. */
const CLOSE_WITHIN_MS = 25 * SECOND_MS;
const BODY_LIMIT_BYTES = 64 * 1024;

/** An office behind one address, with the few connections that each browser opens. */
const MAX_CONNECTIONS_OF_ONE_PEER = 256;

/** The whole service, answering on the bus and on both its listeners. */
export async function startAuthorizationServer(
  config: AuthorizationServerPart,
  log: Log,
  limits = HTTP_LIMITS,
): Promise<RunningService<NestFastifyApplication, AuthorizationServerPart>> {
  const probes = new DoctorProbes(config);
  const app = await createApplication(config, log, limits, probes);
  await app.startAllMicroservices();
  await app.listen(config.listen.port, config.listen.host);
  const administration = await administrationOf(app, config, log);
  const running = await withInternalServer(app, config.listen.internal, log, {
    publicSide: { server: app.getHttpServer() },
    status: () => ({ probes: probes.status() }),
    reconfigure: async (next: AuthorizationServerPart) => {
      await app.get(WatchSigningKeys).take(next.signingKeys);
      exchangePart(config, next);
    },
  });
  if (administration === undefined) return running;
  return {
    ...running,
    announceStop: () => {
      administration.announce();
      running.announceStop();
    },
    // What it does needs the database and the bus, so that it ends first.
    close: async (withinMs = CLOSE_WITHIN_MS) => {
      const endsAtMs = Date.now() + withinMs;
      await administration.close(withinMs / 2);
      await running.close(Math.max(1, endsAtMs - Date.now()));
    },
  };
}

async function administrationOf(
  app: NestFastifyApplication,
  { administration }: AuthorizationServerPart,
  log: Log,
): Promise<Listener | undefined> {
  if (administration === undefined) return undefined;
  return await startAdministration(app, administration, log).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
}

async function createApplication(
  config: AuthorizationServerPart,
  log: Log,
  limits: HttpLimits,
  probes: DoctorProbes,
): Promise<NestFastifyApplication> {
  const urls = new IssuerUrls(config);
  const perPeer = { max: MAX_CONNECTIONS_OF_ONE_PEER, peerOf: peerUnless(config.trustedProxies) };
  const adapter = new FastifyAdapter({
    schemaController: WITHOUT_SCHEMAS,
    bodyLimit: BODY_LIMIT_BYTES,
    // With an issuer that has a path, our routes stand below that path.
    rewriteUrl: (request: IncomingMessage) => urls.route(request.url ?? '/'),
    serverFactory: (answer: RequestListener) => limitedServer({ perPeer, ...limits }, log, answer),
    forceCloseConnections: 'idle',
    // Requests that still come on a connection get their own response: a page, where a person reads it.
    return503OnClosing: false,
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
  app.useGlobalFilters(new GoneClientFilter(app.getHttpAdapter()), new UnknownPathFilter(urls));
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', app.get(RequestLimits).onRequest);
  fastify.addHook('onRequest', probes.onRequest);
  traceRequests(fastify, app.get(Tracing));
  fastify.addHook('preValidation', new UnstorableInput(urls, new Cors(config), log).preValidation);
  fastify.removeAllContentTypeParsers();
  // Each endpoint reads its own body. The limit is the same for all (413 above it).
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.connectMicroservice({
    strategy: contractServer(busOptionsOf('authorization-server', config), app.get(Tracing)),
  });
  return app;
}
