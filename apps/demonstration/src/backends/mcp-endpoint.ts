import {
  classifyInboundRequest,
  createMcpHandler,
  WebStandardStreamableHTTPServerTransport,
  type McpHandlerRequestOptions,
} from '@modelcontextprotocol/server';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestControl } from '../control/test-control.js';
import { misbehave } from '../control/fault-gate.js';
import { HttpProblem, readBody, sendJson } from '../http/messages.js';
import type { Catalog } from './catalogs.js';
import { unexpectedCredentials, type CredentialCheck } from './credential-checks.js';
import { authInfoOf, mcpServer } from './mcp-server.js';
import type { Caller } from './tools.js';

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** One MCP endpoint: where it is, what it offers, whom it lets in. */
export interface McpEndpoint {
  readonly part: 'repos' | 'tickets';
  readonly path: string;
  readonly backend: string;
  readonly catalog: Catalog;
  readonly check: CredentialCheck;
  /** How messages are served once the caller is known; left out: both protocol eras, without sessions. */
  readonly serve?: ServeMcp;
}

/** A request after its body was read and its caller verified. */
export interface McpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: unknown;
  readonly caller: Caller;
}

type ServeMcp = (exchange: McpExchange) => Promise<void>;

/** The work of one endpoint: read once, count, let a fault happen, check the credential, serve. */
export function mcpEndpoint(
  endpoint: McpEndpoint,
  control: TestControl | undefined,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const serve = endpoint.serve ?? statelessServing(endpoint);
  return async (request, response) => {
    const body = await readMessage(request);
    const rpcMethod = methodOf(body);
    const { part, path } = endpoint;
    if (control !== undefined) count(control, endpoint, request, body, rpcMethod);
    const fault = control?.faults.take({ part, endpoint: 'mcp', path, rpcMethod });
    const deny = (): void => refuse(endpoint, control, response, 'Bearer error="invalid_token"');
    await misbehave(fault, response, deny, async () => {
      const verdict = await endpoint.check.verify(request);
      switch (verdict.kind) {
        case 'refused':
          refuse(endpoint, control, response, verdict.challenge);
          return;
        case 'unavailable':
          sendJson(response, 503, { error: 'temporarily_unavailable', error_description: verdict.reason });
          return;
        case 'accepted': {
          const { backend, check } = endpoint;
          const unexpected = unexpectedCredentials(check, request);
          await serve({
            request,
            response,
            body,
            caller: { backend, principal: verdict.principal, unexpected },
          });
        }
      }
    });
  };
}

/** Both eras: 2026-07-28 through the SDK's handler, earlier revisions with one server per request and JSON answers. */
function statelessServing({ backend, catalog }: McpEndpoint): ServeMcp {
  const make = () => mcpServer(backend, catalog);
  const modern = createMcpHandler(make, { legacy: 'reject' });
  const fetch = async (request: Request, options: McpHandlerRequestOptions = {}): Promise<Response> => {
    if (
      isModern(request.headers.get('mcp-protocol-version') ?? undefined, request.method, options.parsedBody)
    )
      return modern.fetch(request, options);
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } });
    const server = make();
    // Only a caller who asked for progress gets a stream.
    const transport = new WebStandardStreamableHTTPServerTransport({
      enableJsonResponse: !wantsProgress(options.parsedBody),
    });
    request.signal.addEventListener('abort', () => void server.close(), { once: true });
    await server.connect(transport);
    return transport.handleRequest(request, options);
  };
  const serve = toNodeHandler({ fetch });
  return ({ request, response, body, caller }) => {
    const { method = 'GET', url = '/' } = request;
    return serve(Object.assign(request, { method, url, auth: authInfoOf(caller) }), response, body);
  };
}

/** Whether the SDK would serve this request as revision 2026-07-28 or later (or refuse it as a faulty such request). */
function isModern(version: string | undefined, httpMethod: string, body: unknown): boolean {
  const outcome = classifyInboundRequest({
    httpMethod,
    body,
    ...(version === undefined ? {} : { protocolVersionHeader: version }),
  });
  return outcome.kind !== 'legacy';
}

async function readMessage(request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'POST') return undefined;
  const body = await readBody(request, BODY_LIMIT_BYTES);
  try {
    return JSON.parse(body);
  } catch {
    throw new HttpProblem(400, 'the body is not JSON');
  }
}

function count(
  control: TestControl,
  { part, path }: McpEndpoint,
  request: IncomingMessage,
  body: unknown,
  rpcMethod: string | undefined,
): void {
  control.ledger.request(part, 'mcp');
  const version = request.headers['mcp-protocol-version'];
  const header = typeof version === 'string' ? version : undefined;
  const era = isModern(header, request.method ?? '', body) ? 'modern' : 'legacy';
  control.ledger.mcpMessage(part, path, rpcMethod ?? `HTTP ${request.method ?? ''}`, era);
}

function refuse(
  { part, path, backend }: McpEndpoint,
  control: TestControl | undefined,
  response: ServerResponse,
  challenge: string,
): void {
  control?.ledger.mcpRefused(part, path);
  const [scheme, ...parameters] = challenge.split(' ');
  const full = [`realm="${backend}"`, ...parameters].join(', ');
  sendJson(response, 401, { error: 'invalid_token' }, { 'www-authenticate': `${scheme ?? ''} ${full}` });
}

const methodOf = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'method' in body && typeof body.method === 'string'
    ? body.method
    : undefined;

function wantsProgress(body: unknown): boolean {
  const params = (body as { params?: { _meta?: { progressToken?: unknown } | null } | null } | undefined)
    ?.params;
  return params?._meta?.progressToken !== undefined;
}
