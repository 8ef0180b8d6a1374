import { REGISTRATION, type Row } from './row.fixture.js';

const SECRET = { env: 'INITIAL_ACCESS_TOKEN' };
const RESOURCE = 'https://mcp.acme.example/mcp';
const AT = `${REGISTRATION}.clients[0]`;
const ACCOUNT = '3f0e8a52-52f5-4d0a-9d3a-0a7f0c1e2b3c';

const machine = (grant: object, more: object = {}) => ({
  [REGISTRATION]: {
    clients: [
      {
        clientId: 'nightly',
        clientName: 'Nightly report',
        clientSecret: SECRET,
        clientCredentials: { resources: [RESOURCE], ...grant },
        ...more,
      },
    ],
  },
});

const delegate = (grant: object, more: object = {}) =>
  machine(
    {},
    {
      clientCredentials: undefined,
      tokenExchange: { subjectClients: ['*'], resources: [RESOURCE], ...grant },
      ...more,
    },
  );

/** Which clients get tokens without a browser, and for what. */
export const CLIENT_GRANT_ROWS: readonly Row[] = [
  [
    'a client that proves nothing and gets tokens for itself',
    machine({}, { clientSecret: undefined }),
    `${AT}.clientCredentials`,
    /needs a secret or keys/,
  ],
  [
    'a client of which an account’s id is the name',
    machine({}, { clientId: ACCOUNT }),
    `${AT}.clientId`,
    /UUIDs/,
  ],
  [
    'a client whose tokens are for nothing',
    machine({ resources: [] }),
    `${AT}.clientCredentials.resources`,
    /for something/,
  ],
  [
    'a client whose tokens are for another server',
    machine({ resources: ['https://elsewhere.example/mcp'] }),
    `${AT}.clientCredentials.resources[0]`,
    /no MCP endpoint/,
    /mcp\.acme\.example/,
  ],
  [
    'a client that gets a scope of people for itself',
    machine({ scopes: ['openid'] }),
    `${AT}.clientCredentials.scopes[0]`,
    /about a person/,
  ],
  [
    'a client that gets a scope that nobody knows',
    machine({ scopes: ['reports:read'] }),
    `${AT}.clientCredentials.scopes[0]`,
    /not in scopesSupported/,
  ],
  [
    'a client that proves nothing and acts for people',
    delegate({}, { clientSecret: undefined }),
    `${AT}.tokenExchange`,
    /needs a secret or keys/,
  ],
  [
    'a client that acts for nobody’s people',
    delegate({ subjectClients: [] }),
    `${AT}.tokenExchange.subjectClients`,
    /gets no token/,
  ],
  [
    'a client that acts for all people, and for some',
    delegate({ subjectClients: ['*', 'desk'] }),
    `${AT}.tokenExchange.subjectClients`,
    /stands alone/,
  ],
  [
    'an actor that has no token of its own',
    delegate({ actors: ['robot'] }),
    `${AT}.tokenExchange.actors[0]`,
    /no client with clientCredentials/,
  ],
  [
    'tokens for people that live for a day',
    delegate({ lifespan: '24h' }),
    `${AT}.tokenExchange.lifespan`,
    /within 5s to 1h/,
  ],
  [
    'tokens for people with a scope that renews them',
    delegate({ scopes: ['offline_access'] }),
    `${AT}.tokenExchange.scopes[0]`,
    /about a person/,
  ],
  [
    'one who may act, and who is nobody',
    machine({}, { mayAct: 'robot' }),
    `${AT}.mayAct`,
    /nobody could act/,
  ],
  [
    'one who may act for the people of a client that has none',
    machine({}, { mayAct: 'nightly' }),
    `${AT}.mayAct`,
    /does nothing/,
  ],
  [
    'where people go after a sign-out, of a client to which nobody signs in',
    machine({}, { postLogoutRedirectUris: ['https://nightly.example/bye'] }),
    `${AT}.postLogoutRedirectUris`,
    /does nothing/,
  ],
  [
    'a sign-in by a code at a client, where there is none',
    machine({}, { deviceFlow: true }),
    `${AT}.deviceFlow`,
    /nobody can sign in by a code/,
    /deviceFlow: \{\}/,
  ],
  [
    'sign-ins by a code with FAPI 2.0',
    { 'authServer.deviceFlow': {}, 'authServer.securityProfile': 'fapi2' },
    'authServer.deviceFlow',
    /FAPI 2\.0 Security Profile/,
  ],
  [
    'a client without a redirect URI and without tokens of its own',
    machine({}, { clientCredentials: undefined }),
    `${AT}.redirectUris`,
    /at least one redirect URI/,
  ],
];
