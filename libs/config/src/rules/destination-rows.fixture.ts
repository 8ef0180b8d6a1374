import { EXCHANGE, type Row } from './row.fixture.js';
import { program } from './stdio-rows.fixture.js';

const INJECT = 'outgoingAuth.backends.repos.upstreamInject';

/** Where tokens go, and in which header. */
export const DESTINATION_ROWS: readonly Row[] = [
  ...[
    'Host',
    'Cookie',
    'Mcp-Session-Id',
    'mcp-protocol-version',
    'Transfer-Encoding',
    'Content-Length',
    'Connection',
    'Proxy-Authorization',
    'TE',
    'traceparent',
    'Gatehouse-Person',
  ].map((name): Row => [
    `a token in the ${name} header`,
    { [`${INJECT}.headerName`]: name },
    `${INJECT}.headerName`,
    /cannot hold a token/,
  ]),
  ...['Bearer token', 'Bearer\r\nX-Admin: 1', 'Béarer', 'Bearer:'].map((scheme): Row => [
    `a scheme that is ${JSON.stringify(scheme)}`,
    { [`${INJECT}.scheme`]: scheme },
    `${INJECT}.scheme`,
    /not the name of a scheme/,
  ]),
  [
    'a token in a header whose name is none',
    { [`${INJECT}.headerName`]: 'X Token' },
    `${INJECT}.headerName`,
    /not a header name/,
  ],
  [
    'an exchanged token in the Cookie header',
    { [`${EXCHANGE}.headerName`]: 'Cookie' },
    `${EXCHANGE}.headerName`,
    /cannot hold a token/,
  ],
  [
    'a backend elsewhere than its token may go',
    { [`${INJECT}.allowedHosts`]: ['api.acme.example', '*.tools.example'] },
    `${INJECT}.allowedHosts`,
    /repos is at repos\.acme\.example, where the token may not go/,
  ],
  [
    'a backend at another port than its token may go to',
    { [`${INJECT}.allowedHosts`]: ['repos.acme.example:8443'] },
    `${INJECT}.allowedHosts`,
  ],
  [
    'a backend above the hosts that its exchanged token may go to',
    { [`${EXCHANGE}.allowedHosts`]: ['*.tickets.acme.example'] },
    `${EXCHANGE}.allowedHosts`,
  ],
  [
    'a token that may go nowhere',
    { [`${INJECT}.allowedHosts`]: [] },
    `${INJECT}.allowedHosts`,
    /could go nowhere/,
  ],
  ...['*', '*.example', 'https://repos.acme.example', 'repos.acme.example/mcp'].map((host): Row => [
    `a token that may go to ${host}`,
    { [`${INJECT}.allowedHosts`]: [host] },
    `${INJECT}.allowedHosts[0]`,
  ]),
  [
    'hosts of a default that a backend without a strategy of its own is not at',
    {
      'outgoingAuth.default': {
        type: 'upstreamInject',
        upstreamInject: { providerName: 'octo', allowedHosts: ['repos.acme.example'] },
      },
    },
    'outgoingAuth.default.upstreamInject.allowedHosts',
    /status is at/,
  ],
  [
    'a header for a program, which has none',
    {
      ...program({ tokenEnv: 'OCTO_TOKEN' }),
      'outgoingAuth.backends.status': {
        type: 'upstreamInject',
        upstreamInject: { providerName: 'octo', headerName: 'X-Token' },
      },
    },
    'backends[3].tokenEnv',
    /no effect/,
  ],
];
