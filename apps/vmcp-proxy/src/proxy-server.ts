import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Log } from '@gatehouse/observability/log';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Gateway } from './gateway.js';
import { GATEWAY, VmcpProxyModule } from './vmcp-proxy.module.js';

const HEADERS_TIMEOUT_MS = 10 * SECOND_MS;
/** For the whole request; answers may take as long as their backend. */
const REQUEST_TIMEOUT_MS = 30 * SECOND_MS;
const KEEP_ALIVE_MS = 65 * SECOND_MS;

type RawHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Makes the service: `/mcp` goes from the socket straight to the gateway, everything else through Nest. */
export async function makeProxy(part: VmcpProxyPart, log: Log): Promise<NestFastifyApplication> {
  // Filled in below: the server is made before the gateway, and listens after it.
  const made: { gateway?: Gateway } = {};
  const dispatch =
    (nest: RawHandler): RawHandler =>
    (request, response) => {
      if (made.gateway !== undefined && isMcp(request.url))
        void made.gateway.endpoint.handle(request, response);
      else nest(request, response);
    };
  const adapter = new FastifyAdapter({
    serverFactory: (nest: RawHandler) =>
      createServer(
        {
          headersTimeout: HEADERS_TIMEOUT_MS,
          requestTimeout: REQUEST_TIMEOUT_MS,
          keepAliveTimeout: KEEP_ALIVE_MS,
          connectionsCheckingInterval: 5 * SECOND_MS,
        },
        dispatch(nest),
      ),
    forceCloseConnections: 'idle',
    bodyLimit: 1_024,
  });
  const app = await NestFactory.create<NestFastifyApplication>(VmcpProxyModule.forRoot(part, log), adapter, {
    logger: nestLogger(log),
  });
  made.gateway = app.get<Gateway>(GATEWAY);
  return app;
}

const isMcp = (url: string | undefined): boolean => url === '/mcp' || url?.startsWith('/mcp?') === true;
