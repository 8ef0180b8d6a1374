import type { AnswerHeaders } from '../mcp/answer.js';

/** For pages whose origin is allowed; the wildcard would let every page read answers. */
export const corsHeaders = (origin: string | undefined): AnswerHeaders =>
  origin === undefined
    ? NONE
    : {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'Mcp-Session-Id, WWW-Authenticate, Retry-After, DPoP-Nonce',
        vary: 'Origin',
      };

const NONE: AnswerHeaders = {};

const ALLOWED_HEADERS =
  'Authorization, DPoP, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, Last-Event-ID, traceparent, tracestate';

/** `Mcp-Param-*` headers are named after a tool's arguments (MCP 2026-07-28, transports): only the page knows them. */
const PARAMETER_HEADER = /^mcp-param-[!#$%&'*+\-.^_`|~0-9a-z]{1,100}$/i;
const MAX_PARAMETER_HEADERS = 32;

/**
 * Of what the page asks for, nothing but names of parameter headers is repeated.
 * @param passed names of headers that backends get
 */
export function preflightHeaders(requested = '', passed: readonly string[] = []): AnswerHeaders {
  const parameters = requested
    .split(',')
    .map((name) => name.trim())
    .filter((name) => PARAMETER_HEADER.test(name))
    .slice(0, MAX_PARAMETER_HEADERS);
  return {
    'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-allow-headers': [ALLOWED_HEADERS, ...passed, ...parameters].join(', '),
    'access-control-max-age': '600',
    vary: 'Origin, Access-Control-Request-Headers',
  };
}
