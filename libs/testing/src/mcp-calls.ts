import { Agent, request } from 'undici';

/** What the demonstration's `whoami` tools answer: whose credential arrived at the backend. */
export interface WhoAmI {
  readonly backend: string;
  readonly credential: string;
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly audience: string | readonly string[] | null;
  readonly unexpected: readonly string[];
}

export interface RpcAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: {
    readonly result?: Readonly<Record<string, unknown>> & {
      readonly isError?: boolean;
      readonly structuredContent?: unknown;
    };
    readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  };
}

const MODERN = '2026-07-28';
const agent = new Agent({ connections: 64 });

/** One stateless 2026-07-28 request, written out by hand: what a client sends, without a client. */
export async function modernRequest(
  url: string,
  accessToken: string,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  capabilities: Readonly<Record<string, unknown>> = {},
): Promise<RpcAnswer> {
  const name = params['name'] ?? params['uri'];
  const { statusCode, headers, body } = await request(url, {
    method: 'POST',
    dispatcher: agent,
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': MODERN,
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': MODERN,
          'io.modelcontextprotocol/clientCapabilities': capabilities,
          'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
        },
      },
    }),
  });
  const text = await body.text();
  return {
    status: statusCode,
    headers,
    body: text.startsWith('{') ? (JSON.parse(text) as RpcAnswer['body']) : {},
  };
}

/** Calls `<backend>_whoami`. */
export async function whoAmI(
  url: string,
  accessToken: string,
  backend: string,
): Promise<RpcAnswer & { readonly who: WhoAmI | undefined }> {
  const answer = await modernRequest(url, accessToken, 'tools/call', {
    name: `${backend}_whoami`,
    arguments: {},
  });
  const content = answer.body.result?.isError === true ? undefined : answer.body.result?.structuredContent;
  return { ...answer, who: content as WhoAmI | undefined };
}
