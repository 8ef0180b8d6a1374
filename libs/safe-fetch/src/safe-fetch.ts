import { activeSpan } from '@gatehouse/kernel/active-span';
import { OutboundFailure } from './outbound-failure.js';
import { decodedBody } from './decoded-body.js';
import type { EgressRules } from './egress-rules.js';
import { safeConnector, type SafeConnectorOptions } from './safe-connector.js';
import { Client } from './undici-parts.js';
import { forwarding, PROXY_AUTHENTICATION_REQUIRED, proxyCredentialsRefused } from './way-out.js';

export interface SafeFetchOptions extends EgressRules {
  /** For the whole exchange, connecting and the body included. */
  readonly timeoutMs: number;
  /** Default 1 MiB. */
  readonly maxResponseBytes?: number;
  readonly signal?: AbortSignal;
  readonly resolve?: SafeConnectorOptions['resolve'];
}

export interface SafeRequest {
  readonly url: string | URL;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface SafeResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

const DEFAULT_MAX_RESPONSE_BYTES = 1_048_576;

/**
 * One request on a connection of its own, so that the address is checked every time and a kept connection that died
 * is never mistaken for an answer that was lost. Redirects are answers, not instructions: they are returned.
 * @throws {OutboundFailure}
 */
export async function safeFetch(request: SafeRequest, options: SafeFetchOptions): Promise<SafeResponse> {
  const url = parseUrl(request.url);
  const span = startedSpan(url, request.method ?? 'GET');
  if (span === undefined) return await exchange(url, request, options);
  try {
    const response = await exchange(url, request, options);
    span.set({ 'http.response.status_code': response.status });
    if (response.status >= 400) span.fail(String(response.status));
    return response;
  } catch (error) {
    span.fail(OutboundFailure.in(error)?.kind ?? 'internal');
    throw error;
  } finally {
    span.end();
  }
}

/**
 * Where a trace is recorded. A path or a query may hold what is nobody's business; and the trace goes no further: it is not
 * the other side's.
 */
const startedSpan = ({ hostname, port, protocol }: URL, method: string) =>
  activeSpan()?.child(method, 'client', {
    'http.request.method': method,
    'server.address': hostname,
    'server.port': port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
  });

async function exchange(url: URL, request: SafeRequest, options: SafeFetchOptions): Promise<SafeResponse> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  const connect = safeConnector(options, {
    connectTimeoutMs: options.timeoutMs,
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  });
  const { prefix, headers: toProxy } = forwarding(options.wayOut, url);
  let connected = false;
  const client = new Client(url.origin, {
    pipelining: 0,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    connect: (target, done) =>
      connect(target, (...answer: Parameters<typeof done>) => {
        connected ||= answer[0] === null;
        done(...answer);
      }),
  });
  try {
    const response = await client.request({
      path: `${prefix}${url.pathname}${url.search}`,
      method: request.method ?? 'GET',
      headers: { 'accept-encoding': 'identity', ...request.headers, ...toProxy },
      body: request.body ?? null,
      signal,
    });
    if (prefix !== '' && response.statusCode === PROXY_AUTHENTICATION_REQUIRED)
      throw proxyCredentialsRefused();
    const maxBytes = options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES;
    const headers = headersOf(response.headers);
    const encoded = await readBody(response.body, maxBytes);
    const body = decodedBody(encoded, headers.get('content-encoding'), maxBytes);
    // They are about the bytes that were sent.
    for (const name of ['content-encoding', 'content-length']) headers.delete(name);
    return { status: response.statusCode, headers, body };
  } catch (error) {
    throw failureOf(error, connected, timeout.aborted);
  } finally {
    void client.destroy().catch(() => undefined);
  }
}

function parseUrl(input: string | URL): URL {
  const url = new URL(input);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new OutboundFailure('blocked', false, `${url.protocol} is not allowed here`);
  if (url.username !== '' || url.password !== '')
    throw new OutboundFailure('blocked', false, 'a URL with a user name is not allowed');
  return url;
}

async function readBody(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of body) {
    total += chunk.length;
    if (total > maxBytes)
      throw new OutboundFailure('too_large', true, `the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headersOf(raw: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw))
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  return headers;
}

const TIMEOUT_CODES: ReadonlySet<unknown> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function failureOf(error: unknown, connected: boolean, timedOut: boolean): OutboundFailure {
  const known = OutboundFailure.in(error);
  const code = codeOf(known === undefined ? error : known.cause);
  if (timedOut || TIMEOUT_CODES.has(code))
    return new OutboundFailure('timeout', connected, 'no answer in time', { cause: error });
  if (known !== undefined) return known;
  return connected
    ? new OutboundFailure('broken', true, 'the connection ended before the answer did', { cause: error })
    : new OutboundFailure('unreachable', false, 'no connection could be made', { cause: error });
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
