import { REGISTRATION, type Row } from './row.fixture.js';

const AT = 'authServer.administration';
const URL_AT = `${AT}.url`;
const URL = 'https://admin.acme.example';
const CLIENT = `${REGISTRATION}.clients[0].clientCredentials`;

const administered = (own: object, grant: object = {}, more: object = {}) => ({
  [AT]: { port: 4510, url: URL, ...own },
  [REGISTRATION]: {
    clients: [
      {
        clientId: 'operations',
        clientName: 'Operations',
        clientSecret: { env: 'INITIAL_ACCESS_TOKEN' },
        clientCredentials: { resources: [URL], scopes: ['gatehouse:admin'], ...grant },
      },
    ],
  },
  ...more,
});

/** The administrator's API. */
export const ADMINISTRATION_ROWS: readonly Row[] = [
  [
    'an API for administrators that is at a path',
    administered({ url: `${URL}/admin` }, { resources: [`${URL}/admin`] }),
    URL_AT,
    /origin/,
    URL,
  ],
  [
    'an API for administrators where people sign in',
    administered({ url: 'https://mcp.acme.example' }, { resources: ['https://mcp.acme.example'] }),
    URL_AT,
    /another one/,
  ],
  [
    'an API for administrators in the clear',
    administered({ url: 'http://admin.acme.example' }, { resources: ['http://admin.acme.example'] }),
    URL_AT,
    /^http is refused/,
    URL,
  ],
  [
    'an API for administrators that nobody may call',
    { [AT]: { port: 4510, url: URL } },
    AT,
    /nobody could call/,
    /gatehouse:admin/,
  ],
  [
    'a client that administers and calls tools',
    administered({}, { resources: [URL, 'https://mcp.acme.example/mcp'] }),
    `${CLIENT}.resources`,
    /nothing else/,
  ],
  [
    'a client that administers without the scope',
    administered({}, { scopes: [] }),
    `${CLIENT}.scopes`,
    /gatehouse:admin/,
  ],
  [
    'the scope of administrators for everybody',
    administered({}, {}, { 'authServer.scopesSupported': ['openid', 'offline_access', 'gatehouse:admin'] }),
    'authServer.scopesSupported',
    /every client/,
  ],
  [
    'an API for administrators on a port that is taken',
    administered({ port: 4484 }),
    `${AT}.port`,
    /already listens/,
  ],
];
