import { EXCHANGE, EXTERNAL, OIDC, provider, type Row } from './row.fixture.js';

const ISSUER = 'authServer.upstreamProviders[0].oidcConfig.issuerUrl';
const LOCAL = { publicUrl: 'http://localhost:4483', 'authServer.issuer': 'http://localhost:4484' };

const issuer = (url: string, message: RegExp, instead: RegExp): Row => [
  `an issuer ${url}`,
  { [`${OIDC}.issuerUrl`]: url },
  ISSUER,
  message,
  instead,
];

const backend = (url: string, message: RegExp, more: object = {}): Row => [
  `a backend at ${url}`,
  { 'backends.0': { name: 'repos', url, ...more } },
  'transport' in more ? 'backends[0].transport' : 'backends[0].url',
  message,
];

/** Allowed, and seldom meant: what is warned of, the one place, and what is said. */
export const WARNING_ROWS: readonly Row[] = [
  [
    'an issuer of assertions that no client presents',
    { 'authServer.assertionIssuers': [{ issuer: 'https://idp.acme.example' }] },
    'authServer.assertionIssuers[0].issuer',
    /nothing of it is taken/,
  ],
  [
    'a client for itself at a backend that is used for a person',
    {
      'authServer.clientRegistration': {
        clients: [
          {
            clientId: 'nightly',
            clientName: 'Nightly report',
            clientSecret: { env: 'INITIAL_ACCESS_TOKEN' },
            clientCredentials: {
              resources: ['https://mcp.acme.example/mcp', 'https://mcp.acme.example/mcp/repos'],
            },
          },
        ],
      },
    },
    'authServer.clientRegistration.clients[0].clientCredentials.resources[1]',
    /reaches nothing/,
  ],
  [
    'a public URL with the endpoint’s path',
    { publicUrl: 'https://mcp.acme.example/mcp' },
    'publicUrl',
    /\/mcp\/mcp/,
  ],
  [
    'a public URL with a path of SSE',
    { publicUrl: 'https://acme.example/x/sse' },
    'publicUrl',
    /added/,
    /x$/,
  ],
  [
    'a public URL at another port than the proxy’s',
    { ...LOCAL, publicUrl: 'http://localhost:8080' },
    'publicUrl',
    /nothing answers at port 8080/,
  ],
  [
    'an issuer at another port than the authorization server’s',
    { ...LOCAL, 'authServer.issuer': 'http://localhost:4483/auth' },
    'authServer.issuer',
    /port 4484/,
  ],
  [
    'a gateway on one machine without an issuer of its own',
    { ...LOCAL, 'authServer.issuer': undefined },
    'authServer',
    /where the proxy listens/,
    /4484/,
  ],
  [
    'the monitoring page of NATS',
    { 'nats.servers': ['nats://nats:8222'] },
    'nats.servers[0]',
    /monitoring/,
    /4222$/,
  ],
  ['the port of routes of NATS', { 'nats.servers': ['nats://nats:6222'] }, 'nats.servers[0]', /each other/],
  ['two replicas of a stream', { 'nats.streamReplicas': 2 }, 'nats.streamReplicas', /majority/, /1 or 3/],
  backend('https://repos.acme.example', /no path/),
  backend('https://repos.acme.example/sse', /HTTP with SSE/),
  backend('https://repos.acme.example/mcp', /Streamable HTTP/, { transport: 'sse' }),
  backend('https://repos.acme.example/mcp?api_key=value', /api_key seems to hold a secret/),
  backend('https://repos.acme.example/mcp?token=value', /token seems to hold a secret/),
  [
    'two backends at one URL with one credential',
    { 'backends.4': { name: 'status-again', url: 'https://STATUS.acme.example/mcp' } },
    'backends[4].url',
    /status is at this URL/,
  ],
  issuer('https://www.google.com', /accounts\.google\.com/, /provider: google/),
  issuer('https://acme-admin.okta.com', /administrators/, /https:\/\/acme\.okta\.com/),
  issuer('https://github.com', /GitHub signs people in with OAuth 2/, /provider: github/),
  issuer('https://api.notion.com', /Notion signs people in/, /provider: notion/),
  issuer('https://login.microsoftonline.com/common/v2.0', /\{tenantid\}/, /entra-organizations/),
  issuer(
    'https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f',
    /sts\.windows\.net/,
    /entra/,
  ),
  issuer('https://acme.okta.com/', /no slash/, /okta\.com$/),
  issuer('https://acme.eu.auth0.com', /ends in a slash/, /\/$/),
  issuer(
    'https://sso.acme.example/realms/acme/protocol/openid-connect/auth',
    /looks like an endpoint/,
    /issuer/,
  ),
  issuer('https://sso.acme.example/oauth2/v1/authorize', /looks like an endpoint/, /issuer/),
  [
    'a provider that gives no refresh token',
    { [`${OIDC}.scopes`]: ['openid', 'email'] },
    'authServer.upstreamProviders[0].oidcConfig.scopes',
    /no refresh token/,
    /openid, email, offline_access/,
  ],
  [
    'Google with a scope that it refuses',
    { [`${OIDC}.issuerUrl`]: 'https://accounts.google.com' },
    'authServer.upstreamProviders[0].oidcConfig.scopes',
    /invalid_scope/,
    /provider: google/,
  ],
  [
    'Google without access_type',
    { [`${OIDC}.issuerUrl`]: 'https://accounts.google.com', [`${OIDC}.scopes`]: ['openid'] },
    'authServer.upstreamProviders[0].oidcConfig.additionalAuthorizationParams',
    /access_type=offline/,
  ],
  [
    'a provider that nobody uses and everybody visits',
    { 'outgoingAuth.backends.repos': undefined },
    'authServer.upstreamProviders[1].name',
    /no strategy uses/,
    /onDemand/,
  ],
  [
    'one credential for backends on several hosts',
    {
      'outgoingAuth.default': { type: 'upstreamInject', upstreamInject: { providerName: 'octo' } },
      'outgoingAuth.backends.reports': undefined,
    },
    'outgoingAuth.default',
    /on 2 hosts/,
  ],
  [
    'a gateway for everybody',
    {
      ...EXTERNAL,
      incomingAuth: { type: 'anonymous' },
    },
    'incomingAuth.type',
    /Everybody who reaches publicUrl/,
  ],
  [
    'a credential for everybody',
    {
      ...EXTERNAL,
      incomingAuth: { type: 'anonymous' },
      'outgoingAuth.backends.reports': {
        type: 'headerInjection',
        headerInjection: { headerName: 'X-Api-Key', headerValue: { env: 'API_KEY' } },
      },
    },
    'incomingAuth.type',
    /with the credential/,
  ],
  [
    'V-03: an exchange of the gateway’s own token',
    {
      [`${EXCHANGE}.subjectProviderName`]: undefined,
      [`${EXCHANGE}.tokenUrl`]: 'https://sso.acme.example/token',
    },
    EXCHANGE,
    /has to trust https:\/\/auth\.acme\.example/,
    /subjectProviderName/,
  ],
  [
    'an exchange for nothing in particular',
    { [`${EXCHANGE}.audience`]: undefined },
    EXCHANGE,
    /Nothing says what the new token is for/,
  ],
  [
    'a token of the gateway itself for nothing in particular',
    {
      'outgoingAuth.backends.reports': {
        type: 'clientCredentials',
        clientCredentials: {
          tokenUrl: 'https://sts.acme.example/token',
          clientId: 'gatehouse',
          clientSecret: { env: 'EXCHANGE_SECRET' },
        },
      },
    },
    'outgoingAuth.backends.reports.clientCredentials',
    /Nothing says what the new token is for/,
  ],
  ...(
    [
      [
        'tokenExchange',
        { tokenUrl: 'https://octo.example/token', audience: 'a', subjectProviderName: 'acme-sso' },
      ],
      [
        'obo',
        {
          tokenUrl: 'https://octo.example/token',
          clientId: 'gatehouse',
          clientSecret: { env: 'EXCHANGE_SECRET' },
          scopes: ['a'],
          subjectTokenProviderName: 'acme-sso',
        },
      ],
      [
        'xaa',
        {
          idpTokenUrl: 'https://octo.example/token',
          idpClientId: 'gatehouse',
          idpClientSecret: { env: 'EXCHANGE_SECRET' },
          targetTokenUrl: 'https://auth.tickets.example/token',
          targetClientId: 'gatehouse',
          targetClientSecret: { env: 'EXCHANGE_SECRET' },
          targetAudience: 'https://auth.tickets.example',
          subjectProviderName: 'acme-sso',
        },
      ],
    ] as const
  ).map(([type, fields]): Row => [
    `a person’s token of one provider that is shown to another (${type})`,
    { 'outgoingAuth.backends.reports': { type, [type]: fields } },
    `outgoingAuth.backends.reports.${type}`,
    /of acme-sso is shown to octo/,
  ]),
  [
    'a person’s token of one provider that is shown to another as the actor’s',
    {
      'outgoingAuth.backends.reports': {
        type: 'tokenExchange',
        tokenExchange: {
          tokenUrl: 'https://sso.acme.example/token',
          clientId: 'gatehouse',
          clientSecret: { env: 'EXCHANGE_SECRET' },
          audience: 'reports',
          subjectProviderName: 'acme-sso',
          actorProviderName: 'octo',
        },
      },
    },
    'outgoingAuth.backends.reports.tokenExchange.actorProviderName',
    /of octo is shown to acme-sso/,
  ],
  [
    'traces for the port of gRPC',
    { telemetry: { otlp: { endpoint: 'https://collector.acme.example:4317' } } },
    'telemetry.otlp.endpoint',
    /gRPC/,
    /4318/,
  ],
];

/** What was warned of once, and is as it should be. */
export const QUIET_ROWS: readonly Row[] = [
  ['the document without changes', {}, ''],
  ['a gateway on one machine', { ...LOCAL }, ''],
  [
    'containers, whose ports are published elsewhere',
    {
      ...LOCAL,
      publicUrl: 'http://localhost:8080',
      listen: { proxy: { host: '0.0.0.0' } },
    },
    '',
  ],
  [
    'two accounts at one server',
    {
      'backends.4': { name: 'repos-of-others', url: 'https://repos.acme.example/mcp' },
      'outgoingAuth.backends.repos-of-others': {
        type: 'upstreamInject',
        upstreamInject: { providerName: 'acme-sso' },
      },
    },
    '',
  ],
  [
    'a provider for later',
    { 'outgoingAuth.backends.repos': undefined, [provider(1, 'requirement')]: 'onDemand' },
    '',
  ],
];
