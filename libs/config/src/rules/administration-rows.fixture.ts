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

const ANYBODY = 'permit(principal, action, resource);';
const CONSOLE = {
  clientId: 'console',
  clientName: 'Console',
  redirectUris: ['http://localhost/callback'],
  administers: true,
};

/** People administer with one client. */
const peoples = (client: object, policy = ANYBODY) => ({
  [AT]: { port: 4510, url: URL, access: { policies: [policy] } },
  [REGISTRATION]: { clients: [{ ...CONSOLE, ...client }] },
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
    'people who may administer, and no client for them',
    administered({ access: { policies: [ANYBODY] } }),
    `${AT}.access`,
    /No client signs people in/,
    /administers: true/,
  ],
  [
    'a client with which people administer, and nobody who may',
    { [REGISTRATION]: { clients: [CONSOLE] } },
    `${REGISTRATION}.clients[0].administers`,
    /Nobody may administer/,
  ],
  [
    'a client with which people administer that also acts for people',
    peoples({ introspection: {}, clientSecret: { env: 'INITIAL_ACCESS_TOKEN' } }),
    `${REGISTRATION}.clients[0].introspection`,
    /nothing else/,
  ],
  [
    'a client with which people administer, limited to another resource',
    peoples({ limits: { resources: ['https://mcp.acme.example/mcp'] } }),
    `${REGISTRATION}.clients[0].limits.resources`,
    /Leave this out/,
  ],
  [
    'policies about administrators that permit nobody',
    peoples({}, 'forbid(principal, action, resource);'),
    `${AT}.access.policies`,
    /nobody could administer/,
  ],
  [
    'policies about administrators with the action of sign-ins',
    peoples({}, 'permit(principal, action == Action::"sign_in", resource);'),
    `${AT}.access.policies[0]`,
    /sign_in/,
  ],
  [
    'an API for administrators on a port that is taken',
    administered({ port: 4484 }),
    `${AT}.port`,
    /already listens/,
  ],
];
