import type { JsonObject } from './mcp/message.js';

export interface ClientAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON-RPC response: of a JSON body, or the last of an event stream. */
  readonly body: {
    readonly id?: unknown;
    readonly result?: JsonObject;
    readonly error?: { readonly code: number; readonly message: string; readonly data?: JsonObject };
  };
}

export interface Sent {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly capabilities?: JsonObject;
  readonly id?: unknown;
  readonly signal?: AbortSignal;
  /** Is told what of the body has come so far. */
  readonly heard?: (text: string) => void;
}

/** A request of revision 2026-07-28. */
export async function modern(
  url: string,
  method: string,
  params: JsonObject = {},
  { token, headers = {}, capabilities = {}, id = 1, ...rest }: Sent = {},
): Promise<ClientAnswer> {
  const named = params['name'] ?? params['uri'] ?? params['taskId'];
  return await post(
    url,
    {
      jsonrpc: '2.0',
      id,
      method,
      params: {
        ...params,
        _meta: {
          ...(params['_meta'] as JsonObject | undefined),
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': capabilities,
          'io.modelcontextprotocol/clientInfo': { name: 'spec', version: '1' },
        },
      },
    },
    {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof named === 'string' ? { 'mcp-name': named } : {}),
      ...authorization(token),
      ...headers,
    },
    rest,
  );
}

export interface LegacyClient {
  readonly sessionId: string;
  readonly initialized: ClientAnswer;
  request(method: string, params?: JsonObject, sent?: Sent): Promise<ClientAnswer>;
  notify(method: string, params?: JsonObject): Promise<ClientAnswer>;
  /** Answers a request of the server. */
  respond(id: unknown, outcome: JsonObject): Promise<ClientAnswer>;
}

/** A client of an earlier revision, after its `initialize`. */
export async function legacyClient(
  url: string,
  token: string | undefined,
  {
    version = '2025-11-25',
    capabilities = {},
  }: { readonly version?: string; readonly capabilities?: JsonObject } = {},
): Promise<LegacyClient> {
  const initialized = await post(
    url,
    {
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: { protocolVersion: version, capabilities, clientInfo: { name: 'spec', version: '1' } },
    },
    authorization(token),
  );
  const sessionId = initialized.headers.get('mcp-session-id') ?? '';
  const headers = { 'mcp-session-id': sessionId, 'mcp-protocol-version': version, ...authorization(token) };
  let nextId = 0;
  return {
    sessionId,
    initialized,
    request: async (method, params = {}, sent = {}) => {
      nextId += 1;
      const message = { jsonrpc: '2.0', id: sent.id ?? nextId, method, params };
      return await post(url, message, { ...headers, ...sent.headers }, sent);
    },
    notify: async (method, params = {}) => await post(url, { jsonrpc: '2.0', method, params }, headers),
    respond: async (id, outcome) => await post(url, { jsonrpc: '2.0', id, ...outcome }, headers),
  };
}

export const authorization = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string>,
  { signal, heard }: Pick<Sent, 'signal' | 'heard'> = {},
): Promise<ClientAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  let text = '';
  const decoder = new TextDecoder();
  // Bytes, says the Fetch standard.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    heard?.(text);
  }
  return { status: response.status, headers: response.headers, text, body: responseIn(text) };
}

function responseIn(text: string): ClientAnswer['body'] {
  const data = text
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5))
    .at(-1);
  try {
    return JSON.parse(data ?? text) as ClientAnswer['body'];
  } catch {
    return {};
  }
}

/** The text of a tool result. */
export function textOf({ body: { result } }: ClientAnswer): string {
  const content = result?.['content'];
  const first: unknown = Array.isArray(content) ? content[0] : undefined;
  return typeof first === 'object' && first !== null && 'text' in first ? String(first.text) : '';
}
