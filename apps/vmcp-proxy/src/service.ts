import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { GoneClientFilter } from '@gatehouse/observability/gone-client.filter';
import type { Log } from '@gatehouse/observability/log';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import { HTTP_LIMITS, limitedServer, type HttpLimits } from '@gatehouse/service-process/http-server';
import { withInternalServer, type RunningService } from '@gatehouse/service-process/internal-server';
import { WITHOUT_SCHEMAS } from '@gatehouse/service-process/without-schemas';
import { exchangePart } from '@gatehouse/service-process/injected';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { EndpointPaths } from './edge/endpoint-paths.js';
import type { Gateway } from './gateway.js';
import { Jobs } from './jobs.js';
import { GATEWAY, VmcpProxyModule } from './vmcp-proxy.module.js';

/** A client holds one for each call that runs and for each stream that it listens to. */
const LIMITS: HttpLimits = { ...HTTP_LIMITS, maxConnections: 16_384 };

type RawHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts the service: `/mcp` goes from the socket straight to the gateway, everything else through Nest. */
export async function startVmcpProxy(
  part: VmcpProxyPart,
  log: Log,
  limits = LIMITS,
): Promise<RunningService<NestFastifyApplication, VmcpProxyPart>> {
  // Filled in below: the server is made before the gateway, and listens after it.
  const made: { gateway?: Gateway } = {};
  const paths = new EndpointPaths(part);
  const dispatch =
    (nest: RawHandler): RawHandler =>
    (request, response) => {
      const place = paths.placeOf(request.url);
      if (made.gateway !== undefined && place !== undefined)
        void made.gateway.endpoint.handle(request, response, place);
      else nest(request, response);
    };
  const adapter = new FastifyAdapter({
    schemaController: WITHOUT_SCHEMAS,
    serverFactory: (nest: RawHandler) => limitedServer(limits, log, dispatch(nest)),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    bodyLimit: 1_024,
    rewriteUrl: (request: IncomingMessage) => paths.route(request.url),
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    VmcpProxyModule.forRoot(part, log, paths),
    adapter,
    {
      logger: nestLogger(log),
    },
  );
  app.useGlobalFilters(new GoneClientFilter(app.getHttpAdapter()));
  const gateway = app.get<Gateway>(GATEWAY);
  made.gateway = gateway;
  await app.listen(part.listen.port, part.listen.host);
  return await withInternalServer(app, part.listen.internal, log, {
    publicSide: {
      server: app.getHttpServer(),
      endWhatListens: () => gateway.endListening(),
      endWhatRuns: () => gateway.endCalls(),
    },
    status: () => gateway.status(),
    reconfigure: (next: VmcpProxyPart) => {
      gateway.exchange(next);
      exchangePart(part, next);
      paths.exchange(part);
      app.get(Jobs).exchange(part);
    },
  });
}
