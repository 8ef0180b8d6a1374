import { REGISTRATION, type Row } from './row.fixture.js';

const CLIENT = { clientId: 'c', clientName: 'C', redirectUris: ['http://localhost/callback'] };

/** What pre-registered clients may not do. */
export const CLIENT_REGISTRATION_ROWS: readonly Row[] = [
  [
    'a registration that ends before anybody can sign in',
    { [REGISTRATION]: { unusedClientLifespan: '1m' } },
    'authServer.clientRegistration.unusedClientLifespan',
    /1h to 365d/,
  ],
  [
    'a browser that is sent anywhere after it was signed out',
    {
      [REGISTRATION]: {
        clients: [{ ...CLIENT, postLogoutRedirectUris: ['http://evil.example/bye'] }],
      },
    },
    'authServer.clientRegistration.clients[0].postLogoutRedirectUris[0]',
  ],
  ...['http://evil.example/logout', 'com.acme:/logout', 'no url'].map((uri): Row => [
    `a logout token sent to ${uri}`,
    { [REGISTRATION]: { clients: [{ ...CLIENT, backchannelLogoutUri: uri }] } },
    'authServer.clientRegistration.clients[0].backchannelLogoutUri',
  ]),
  [
    'a client that asks about tokens, and proves nothing',
    { [REGISTRATION]: { clients: [{ ...CLIENT, introspection: {} }] } },
    'authServer.clientRegistration.clients[0].introspection',
    /needs a secret/,
  ],
  [
    'a client that asks about tokens of another server',
    {
      [REGISTRATION]: {
        clients: [
          {
            ...CLIENT,
            clientSecret: { env: 'INITIAL_ACCESS_TOKEN' },
            introspection: { resources: ['https://elsewhere.example/mcp'] },
          },
        ],
      },
    },
    'authServer.clientRegistration.clients[0].introspection.resources[0]',
    /no MCP endpoint/,
    /mcp\.acme\.example/,
  ],
];
