import { REGISTRATION, type Row } from './row.fixture.js';

const SECRET = { env: 'INITIAL_ACCESS_TOKEN' };
const RESOURCE = 'https://mcp.acme.example/mcp';
const ISSUER = 'https://idp.acme.example';
const AT = `${REGISTRATION}.clients[0].identityAssertions`;
const ISSUERS = 'authServer.assertionIssuers';

const client = (grant: object, more: object = {}) => ({
  [REGISTRATION]: {
    clients: [
      {
        clientId: 'desk',
        clientName: 'Desk',
        clientSecret: SECRET,
        identityAssertions: { issuers: [ISSUER], resources: [RESOURCE], ...grant },
        ...more,
      },
    ],
  },
});

const issuer = (...issuers: readonly object[]) => ({
  ...client({}),
  [ISSUERS]: issuers.map((one) => ({ issuer: ISSUER, ...one })),
});

const trusted = (grant: object, more: object = {}) => ({ ...issuer({}), ...client(grant, more) });

/** Whose assertions about people are taken, and from whom. */
export const ASSERTION_ROWS: readonly Row[] = [
  [
    'a client that proves nothing and presents assertions',
    trusted({}, { clientSecret: undefined }),
    AT,
    /needs a secret or keys/,
  ],
  ['a client that presents assertions of nobody', trusted({ issuers: [] }), `${AT}.issuers`, /gets no token/],
  [
    'a client that presents assertions of an issuer that is not believed',
    trusted({ issuers: [ISSUER, 'https://idp.elsewhere.example'] }),
    `${AT}.issuers[1]`,
    /not in assertionIssuers/,
  ],
  [
    'tokens for asserted people that are for nothing',
    trusted({ resources: [] }),
    `${AT}.resources`,
    /for something/,
  ],
  [
    'tokens for asserted people that are for another server',
    trusted({ resources: ['https://elsewhere.example/mcp'] }),
    `${AT}.resources[0]`,
    /no MCP endpoint/,
  ],
  [
    'tokens for asserted people with a scope that renews them',
    trusted({ scopes: ['openid', 'offline_access'] }),
    `${AT}.scopes[1]`,
    /about a person who signs in/,
  ],
  [
    'tokens for asserted people that live for a day',
    trusted({ lifespan: '24h' }),
    `${AT}.lifespan`,
    /within 5s to 1h/,
  ],
  ['an issuer of assertions that is written twice', issuer({}, {}), `${ISSUERS}[1].issuer`, /twice/],
  [
    'an issuer of assertions with a query',
    { ...client({ issuers: [`${ISSUER}?tenant=acme`] }), ...issuerNamed(`${ISSUER}?tenant=acme`) },
    `${ISSUERS}[0].issuer`,
    /no query/,
  ],
  [
    'the gateway as an issuer of assertions',
    { ...client({ issuers: ['https://auth.acme.example'] }), ...issuerNamed('https://auth.acme.example') },
    `${ISSUERS}[0].issuer`,
    /own issuer/,
  ],
  [
    'the discovery document of an issuer in its place',
    {
      ...client({ issuers: [`${ISSUER}/.well-known/openid-configuration`] }),
      ...issuerNamed(`${ISSUER}/.well-known/openid-configuration`),
    },
    `${ISSUERS}[0].issuer`,
    /what the document is about/,
    ISSUER,
  ],
  [
    'an issuer of assertions whose keys come in the clear',
    issuer({ jwksUrl: 'http://idp.acme.example/jwks' }),
    `${ISSUERS}[0].jwksUrl`,
    /in the clear/,
  ],
  [
    'assertions that are good for an hour',
    issuer({ maxAssertionLifespan: '1h' }),
    `${ISSUERS}[0].maxAssertionLifespan`,
    /within 10s to 15m/,
  ],
  [
    'a clock that is wrong by ten minutes',
    issuer({ clockTolerance: '10m' }),
    `${ISSUERS}[0].clockTolerance`,
    /within 0s to 2m/,
  ],
];

function issuerNamed(name: string) {
  return { [ISSUERS]: [{ issuer: name }] };
}
