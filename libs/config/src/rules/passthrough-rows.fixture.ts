import { NO_PROVIDER_STRATEGIES, type Row } from './row.fixture.js';
import { program } from './stdio-rows.fixture.js';

/** Headers of callers. */
export const PASSTHROUGH_ROWS: readonly Row[] = [
  ...[
    'Authorization',
    'COOKIE',
    'Proxy-Authorization',
    'Mcp-Session-Id',
    'Mcp-Param-Region',
    'MCP-Protocol-Version',
    'Host',
    'Connection',
    'Transfer-Encoding',
    'TE',
    'Content-Type',
    'Content-Language',
    'Accept-Encoding',
    'Forwarded',
    'X-Forwarded-For',
    'x-forwarded-host',
    'X-Real-IP',
    'Origin',
    'Sec-Fetch-Site',
    'traceparent',
    'Last-Event-ID',
    'Gatehouse-Person',
    'DPoP',
  ].map((name): Row => [
    `a caller's ${name} for every backend`,
    { passthroughHeaders: ['X-Tenant', name] },
    'passthroughHeaders[1]',
    /never goes to a backend/,
  ]),
  [
    'a header of a caller for one backend that is a credential',
    { 'backends.0.passthroughHeaders': ['Authorization'] },
    'backends[0].passthroughHeaders[0]',
  ],
  [
    'a header of a caller whose name is none',
    { passthroughHeaders: ['X-Tenant\r\nX-Admin'] },
    'passthroughHeaders[0]',
    /not a header name/,
  ],
  [
    'a header of a caller that is in the list twice',
    { passthroughHeaders: ['X-Tenant', 'x-tenant'] },
    'passthroughHeaders[1]',
    /already/,
  ],
  [
    'a header of a caller in which a backend gets its key',
    { passthroughHeaders: ['x-api-key'] },
    'passthroughHeaders[0]',
    /reports gets its credential/,
  ],
  [
    'a header of a caller in which a backend gets its token',
    {
      'outgoingAuth.backends.repos.upstreamInject.headerName': 'X-Octo-Token',
      'backends.0.passthroughHeaders': ['x-octo-token'],
    },
    'backends[0].passthroughHeaders[0]',
    /repos gets its credential/,
  ],
  [
    'more headers of a caller than anybody needs',
    { passthroughHeaders: Array.from({ length: 33 }, (_, index) => `X-${index}`) },
    'passthroughHeaders',
    /more than 32/,
  ],
  [
    'headers of callers that nobody can tell apart',
    { ...NO_PROVIDER_STRATEGIES, incomingAuth: { type: 'anonymous' }, passthroughHeaders: ['X-Tenant'] },
    'passthroughHeaders',
    /in the name of another/,
  ],
  [
    'headers of callers for backends that all have a list of their own',
    {
      passthroughHeaders: ['X-Tenant'],
      'backends.0.passthroughHeaders': [],
      'backends.1.passthroughHeaders': [],
      'backends.2.passthroughHeaders': [],
      'backends.3.passthroughHeaders': [],
    },
    'passthroughHeaders',
    /no effect/,
  ],
  [
    'headers of callers for a program',
    program({ passthroughHeaders: ['X-Tenant'] }),
    'backends[3].passthroughHeaders',
    /no headers/,
  ],
];
