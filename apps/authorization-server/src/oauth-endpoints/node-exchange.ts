import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { soleCookies } from '../http/cookies.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import { INTERACTION_COOKIES } from './interaction-cookies.js';

/** Headers about the way to us, which a caller can make up, and the framing of a body that was read already. */
const DROPPED = /^(x-forwarded-.*|forwarded|transfer-encoding)$/;

export interface SeenRequest {
  readonly route: string;
  readonly body?: Buffer | undefined;
  /** The interaction that the browser's cookie has proven. */
  readonly interaction?: string;
}

/**
 * The request as oidc-provider shall see it. The library builds its URLs from `Host` and `X-Forwarded-Proto`, so both are
 * set from the issuer, and the caller's are dropped. The body was read before, under our limit, and becomes a stream again.
 * `originalUrl` tells the library that an issuer's path stands before its routes.
 */
export function asSeenByProvider(
  request: IncomingMessage,
  urls: IssuerUrls,
  { route, body, interaction }: SeenRequest,
): IncomingMessage {
  const headers: Record<string, string | string[] | undefined> = {
    ...Object.fromEntries(Object.entries(request.headers).filter(([name]) => !DROPPED.test(name))),
    host: urls.host,
    'x-forwarded-proto': urls.isHttps ? 'https' : 'http',
    cookie: cookieHeader(request.headers.cookie, interaction),
    ...(body === undefined ? {} : { 'content-length': String(body.length) }),
  };
  const stream = Readable.from(body === undefined || body.length === 0 ? [] : [body], { objectMode: false });
  // Koa uses only these of an IncomingMessage.
  return Object.assign(stream, {
    method: request.method,
    url: route,
    originalUrl: urls.path(route),
    headers,
    // Whose certificate came with it is read from these and the socket.
    rawHeaders: request.rawHeaders,
    socket: request.socket,
    httpVersion: request.httpVersion,
    httpVersionMajor: request.httpVersionMajor,
    httpVersionMinor: request.httpVersionMinor,
    complete: true,
  }) as unknown as IncomingMessage;
}

/** We decide which interaction a browser may go on with. So its own cookies under the library's names are dropped. */
const cookieHeader = (header: string | undefined, interaction: string | undefined): string =>
  [
    ...soleCookies(header).filter(({ name }) => !INTERACTION_COOKIES.includes(name)),
    ...(interaction === undefined ? [] : INTERACTION_COOKIES.map((name) => ({ name, value: interaction }))),
  ]
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
