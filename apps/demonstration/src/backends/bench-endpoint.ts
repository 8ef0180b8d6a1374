import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson } from '../http/messages.js';

const LEGACY_VERSION = '2025-11-25';
const MODERN_VERSION = '2026-07-28';
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

const SERVER = { name: 'bench', version: '1.0.0' };
const CAPABILITIES = { tools: {} };
const TOOLS = [
  {
    name: 'echo',
    description: 'Answers the text that it is given.',
    inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  },
];

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: {
    readonly arguments?: { readonly text?: unknown };
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
}

/**
 * The cheapest backend there is, to measure what stands in front of it: a credential must be present, nothing is verified,
 * the one tool is `echo`.
 */
export async function benchEndpoint(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!hasCredential(request)) {
    request.resume();
    sendJson(response, 401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer realm="bench"' });
    return;
  }
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  const message = JSON.parse(await readBody(request, BODY_LIMIT_BYTES)) as Message; // read with care below
  if (message.id === undefined) response.writeHead(202).end();
  else reply(response, message);
}

const hasCredential = ({ headers }: IncomingMessage): boolean =>
  headers.authorization?.startsWith('Bearer ') === true || headers['x-api-key'] !== undefined;

function reply(response: ServerResponse, message: Message): void {
  const result = resultOf(message);
  const body =
    result === undefined
      ? { jsonrpc: '2.0', id: message.id, error: { code: -32_601, message: 'Method not found' } }
      : { jsonrpc: '2.0', id: message.id, result: isModern(message) ? asModern(message, result) : result };
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

function resultOf({ method, params }: Message): Record<string, unknown> | undefined {
  switch (method) {
    case 'tools/call':
      return { content: [{ type: 'text', text: asText(params?.arguments?.text) }] };
    case 'tools/list':
      return { tools: TOOLS };
    case 'initialize':
      return { protocolVersion: LEGACY_VERSION, capabilities: CAPABILITIES, serverInfo: SERVER };
    case 'server/discover':
      return { supportedVersions: [MODERN_VERSION], capabilities: CAPABILITIES, serverInfo: SERVER };
    case 'ping':
      return {};
    default:
      return undefined;
  }
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

const isModern = ({ method, params }: Message): boolean =>
  method === 'server/discover' || params?._meta?.['io.modelcontextprotocol/protocolVersion'] !== undefined;

/** Results of revision 2026-07-28 say what they are; what may be cached says for how long. */
const asModern = ({ method }: Message, result: Record<string, unknown>): Record<string, unknown> => ({
  resultType: 'complete',
  ...result,
  ...(method === 'tools/list' || method === 'server/discover' ? { ttlMs: 60_000, cacheScope: 'public' } : {}),
});
