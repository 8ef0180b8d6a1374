import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { IssuerUrls } from '../http/issuer-urls.js';

/**
 * The request as oidc-provider shall see it. The library builds its URLs from `Host` and `X-Forwarded-Proto`, so both
 * are set from the issuer, and what the caller wrote there is dropped. The body was read before (under our limit) and
 * is offered as a stream again; `mountedAt` tells the library that an issuer's path stands before its routes.
 */
export function asSeenByProvider(request: IncomingMessage, urls: IssuerUrls, route: string, body?: Buffer): IncomingMessage {
  const headers: Record<string, string | string[] | undefined> = { ...request.headers };
  for (const name of Object.keys(headers)) if (name.startsWith('x-forwarded-') || name === 'forwarded') delete headers[name];
  headers['host'] = urls.host;
  headers['x-forwarded-proto'] = urls.isHttps ? 'https' : 'http';
  if (body === undefined) delete headers['transfer-encoding'];
  else {
    delete headers['transfer-encoding'];
    headers['content-length'] = String(body.length);
  }
  const stream = Readable.from(body === undefined || body.length === 0 ? [] : [body], { objectMode: false });
  // Koa asks an IncomingMessage for these and for nothing else.
  return Object.assign(stream, {
    method: request.method,
    url: route,
    originalUrl: urls.path(route),
    headers,
    socket: request.socket,
    httpVersion: request.httpVersion,
    httpVersionMajor: request.httpVersionMajor,
    httpVersionMinor: request.httpVersionMinor,
    complete: true,
  }) as unknown as IncomingMessage;
}
