import type { AnswerHeaders } from './answer.js';

/** For pages whose origin is allowed; the wildcard would let every page read answers. */
export const corsHeaders = (origin: string | undefined): AnswerHeaders =>
  origin === undefined
    ? NONE
    : {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'Mcp-Session-Id, WWW-Authenticate',
        vary: 'Origin',
      };

const NONE: AnswerHeaders = {};

export const PREFLIGHT_HEADERS: AnswerHeaders = {
  'access-control-allow-methods': 'POST, DELETE',
  'access-control-allow-headers':
    'Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, Last-Event-ID, traceparent, tracestate',
  'access-control-max-age': '600',
};
