import { REGISTRATION, type Row } from './row.fixture.js';

const RESOURCE = 'https://mcp.acme.example/mcp';
const AT = `${REGISTRATION}.clients[0]`;

const limited = (limits: object, more: object = {}) => ({
  [REGISTRATION]: {
    clients: [
      { clientId: 'c', clientName: 'C', redirectUris: ['http://localhost/callback'], limits, ...more },
    ],
  },
});

const machine = { clientSecret: { env: 'INITIAL_ACCESS_TOKEN' }, redirectUris: [] };

/** Limits of clients that are none, or that contradict something. */
export const CLIENT_LIMIT_ROWS: readonly Row[] = [
  ['limits that limit nothing', limited({}), `${AT}.limits`, /limits nothing/],
  ['a client that gets no token', limited({ resources: [] }), `${AT}.limits.resources`, /no token/],
  ['a client whose tokens hold nothing', limited({ scopes: [] }), `${AT}.limits.scopes`, /no token/],
  [
    'a limit that names another server',
    limited({ resources: ['https://elsewhere.example/mcp'] }),
    `${AT}.limits.resources[0]`,
    /no MCP endpoint/,
  ],
  [
    'a limit that names a scope that there is not',
    limited({ scopes: ['openid', 'tickets:raed'] }),
    `${AT}.limits.scopes[1]`,
    /scopesSupported/,
  ],
  [
    'access tokens of a client that live longer than those of others',
    limited({ accessTokenLifespan: '2h' }),
    `${AT}.limits.accessTokenLifespan`,
    /no longer than/,
  ],
  [
    'refresh tokens of a client that live longer than those of others',
    limited({ refreshTokenLifespan: '300d' }),
    `${AT}.limits.refreshTokenLifespan`,
    /no longer than/,
  ],
  [
    'access tokens of a client that end before they arrive',
    limited({ accessTokenLifespan: '1s' }),
    `${AT}.limits.accessTokenLifespan`,
    /5s to 24h/,
  ],
  [
    'refresh tokens of a client that end before what they renew',
    limited({ accessTokenLifespan: '10m', refreshTokenLifespan: '5m' }),
    `${AT}.limits.refreshTokenLifespan`,
    /at least as long/,
  ],
  [
    'a client that is given a token for what its limits leave out',
    {
      ...limited(
        { scopes: ['openid'] },
        { ...machine, clientCredentials: { resources: [RESOURCE], scopes: ['tickets:read'] } },
      ),
      'authServer.scopesSupported': ['openid', 'offline_access', 'tickets:read'],
    },
    `${AT}.clientCredentials.scopes[0]`,
    /never gets it/,
  ],
];
