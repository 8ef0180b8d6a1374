import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson } from '../http/messages.js';

const LEGACY_VERSION = '2025-11-25';
const MODERN_VERSION = '2026-07-28';
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const MAX_RESULT_BYTES = 16 * 1024 * 1024;

const SERVER = { name: 'bench', version: '1.0.0' };
const CAPABILITIES = { tools: {} };
const TOOLS = [
  {
    name: 'echo',
    description: 'Answers the text that it is given, with as many bytes more as are asked for.',
    inputSchema: {
      type: 'object',
      properties: {
        text: { type: 'string' },
        resultBytes: { type: 'integer', maximum: MAX_RESULT_BYTES },
        as: { enum: ['json', 'stream'] },
      },
      required: ['text'],
    },
  },
];

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: {
    readonly arguments?: { readonly text?: unknown; readonly resultBytes?: unknown; readonly as?: unknown };
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
}

/**
 * The cheapest backend there is, to measure what stands in front of it: a credential must be present, nothing is verified,
 * the one tool is `echo`. Its answers are as large as the caller wants, in JSON or in a stream.
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
  const { as, resultBytes } = message.params?.arguments ?? {};
  const bytes = withMore(JSON.stringify(body), typeof resultBytes === 'number' ? resultBytes : 0);
  if (as === 'stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(PROGRESS);
    response.end(Buffer.concat([EVENT, bytes, EVENT_END]));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

const EVENT = Buffer.from('event: message\ndata: ');
const EVENT_END = Buffer.from('\n\n');
/** Of whoever named its progress `bench`. */
const PROGRESS = Buffer.concat([
  EVENT,
  Buffer.from(
    JSON.stringify({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 'bench', progress: 1 },
    }),
  ),
  EVENT_END,
]);

const LINE = 'A line of a result, as long as lines are, with a "word" in it and its end.\n';
/** Written once: what is measured stands in front. */
const fillers = new Map<number, Buffer>();

/** The answer, and behind its one text another one of that many bytes. */
function withMore(body: string, byteCount: number): Buffer {
  if (byteCount <= 0) return Buffer.from(body);
  let filler = fillers.get(byteCount);
  if (filler === undefined) {
    const written = JSON.stringify(LINE).length - 2;
    const text = LINE.repeat(Math.ceil(Math.min(byteCount, MAX_RESULT_BYTES) / written));
    filler = Buffer.from(`,${JSON.stringify({ type: 'text', text })}`);
    fillers.set(byteCount, filler);
  }
  const at = body.lastIndexOf(']');
  return Buffer.concat([Buffer.from(body.slice(0, at)), filler, Buffer.from(body.slice(at))]);
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
