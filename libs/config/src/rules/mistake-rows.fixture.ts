import { EXCHANGE, EXTERNAL, OAUTH2, OIDC, provider, REGISTRATION, type Row } from './row.fixture.js';

const ISSUER = 'authServer.upstreamProviders[0].oidcConfig.issuerUrl';
const OAUTH2_PATH = 'authServer.upstreamProviders[1].oauth2Config';

const discovery = (written: string, issuer: string): Row => [
  `an issuer that is ${written}`,
  { [`${OIDC}.issuerUrl`]: written },
  ISSUER,
  /discovery document/,
  issuer,
];

const unlike = (written: string, value: unknown): Row => [
  `a variable in the place of ${written}`,
  { [written]: value },
  written.replace(/\.(\d+)/g, '[$1]'),
  /none are filled in/,
];

const itself = (url: string): Row => [
  `a backend at ${url}, which is the gateway itself`,
  { 'backends.0.url': url },
  'backends[0].url',
  /the gateway itself/,
];

const local = (url: string, who: RegExp): Row => [
  `a backend at ${url}, where a service of the gateway listens`,
  { 'backends.0.url': url },
  'backends[0].url',
  who,
];

const mistaken = (field: string, value: string, instead: RegExp): Row => [
  `${value} in the place of ${field}`,
  { [field]: value },
  field.replace(/\.(\d+)/g, '[$1]'),
  /Expected one of/,
  instead,
];

const stray = (field: string, value: unknown, instead: RegExp): Row => [
  `a field called ${field}`,
  { [field]: value },
  field.replace(/\.(\d+)/g, '[$1]'),
  /does not exist here/,
  instead,
];

/** What people write who know another gateway, copy from a guide, or mean another URL. */
export const MISTAKE_ROWS: readonly Row[] = [
  [
    'a client id that a guide leaves to be filled in',
    { 'authServer.upstreamProviders.0.oidcConfig.clientId': '<YOUR_CLIENT_ID>' },
    'authServer.upstreamProviders[0].oidcConfig.clientId',
    /is a placeholder/,
  ],
  [
    'a client id in the words of a guide',
    { 'authServer.upstreamProviders.1.oauth2Config.clientId': 'your-client-id' },
    'authServer.upstreamProviders[1].oauth2Config.clientId',
    /is a placeholder/,
  ],
  [
    'a client id that somebody meant to change',
    { 'outgoingAuth.backends.tickets.tokenExchange.clientId': 'CHANGE_ME' },
    'outgoingAuth.backends.tickets.tokenExchange.clientId',
    /is a placeholder/,
  ],
  [
    'an audience that a guide leaves to be filled in',
    { 'outgoingAuth.backends.tickets.tokenExchange.audience': '<AUDIENCE>' },
    'outgoingAuth.backends.tickets.tokenExchange.audience',
    /is a placeholder/,
  ],
  [
    'codes that are redeemed where people sign in',
    { 'authServer.upstreamProviders.1.oauth2Config.tokenEndpoint': 'https://octo.example/authorize' },
    'authServer.upstreamProviders[1].oauth2Config.tokenEndpoint',
    /where people sign in/,
  ],
  [
    'several scopes in one item, with commas',
    { 'authServer.upstreamProviders.0.oidcConfig.scopes': ['openid,profile'] },
    'authServer.upstreamProviders[0].oidcConfig.scopes',
    /an item for each/,
    '[openid, profile]',
  ],
  [
    'a new id for an old key',
    {
      'vault.keyEncryptionKeys': [
        { id: 'v', env: 'VAULT_KEK' },
        { id: 'w', env: 'VAULT_KEK' },
      ],
    },
    'vault.keyEncryptionKeys[1]',
    /the key v once more/,
  ],
  [
    'an address to listen on with its port',
    { 'listen.proxy.host': 'localhost:4483' },
    'listen.proxy.host',
    /the port is a field of its own/,
  ],
  discovery('https://sso.acme.example/.well-known/openid-configuration', 'https://sso.acme.example'),
  discovery(
    'https://sso.acme.example/realms/acme/.well-known/openid-configuration',
    'https://sso.acme.example/realms/acme',
  ),
  discovery(
    'https://sso.acme.example/.well-known/oauth-authorization-server/realms/acme',
    'https://sso.acme.example/realms/acme',
  ),
  [
    'an issuer of the gateway that is its own discovery document',
    { 'authServer.issuer': 'https://auth.acme.example/.well-known/oauth-authorization-server' },
    'authServer.issuer',
    /discovery document/,
    'https://auth.acme.example',
  ],
  [
    'an external issuer that is a discovery document',
    { ...EXTERNAL, 'incomingAuth.oidc.issuer': 'https://idp.example/.well-known/openid-configuration' },
    'incomingAuth.oidc.issuer',
    /discovery document/,
  ],
  [
    'keys that are a discovery document',
    { ...EXTERNAL, 'incomingAuth.oidc.jwksUrl': 'https://idp.example/.well-known/openid-configuration' },
    'incomingAuth.oidc.jwksUrl',
    /not the keys/,
  ],
  [
    'an issuer of an oauth2 provider that is a discovery document',
    { [`${OAUTH2}.issuer`]: 'https://octo.example/.well-known/oauth-authorization-server' },
    `${OAUTH2_PATH}.issuer`,
    /discovery document/,
  ],
  [
    'a token endpoint that is a discovery document',
    { [`${OAUTH2}.tokenEndpoint`]: 'https://octo.example/.well-known/openid-configuration' },
    `${OAUTH2_PATH}.tokenEndpoint`,
    /write the endpoint itself/,
  ],
  [
    'an exchange at a discovery document',
    { [`${EXCHANGE}.tokenUrl`]: 'https://sts.acme.example/.well-known/openid-configuration' },
    `${EXCHANGE}.tokenUrl`,
    /write the endpoint itself/,
  ],
  [
    'a backend that is its own metadata',
    { 'backends.0.url': 'https://repos.acme.example/.well-known/oauth-protected-resource/mcp' },
    'backends[0].url',
    /write the endpoint itself/,
  ],
  ...['https://<tenant>.example', 'https://sso.example/{tenant}/v2.0', 'https://your-domain.okta.com'].map(
    (url): Row => [
      `an issuer with what a guide leaves to be filled in: ${url}`,
      { [`${OIDC}.issuerUrl`]: url },
      ISSUER,
      url.includes('<') ? /not an absolute/ : /is a placeholder/,
    ],
  ),
  [
    'a backend with what a guide leaves to be filled in',
    { 'backends.0.url': 'https://{host}.acme.example/mcp' },
    'backends[0].url',
  ],
  ...['http://0.0.0.0:4483', 'https://0.0.0.0'].map((publicUrl): Row => [
    `${publicUrl} as what people open`,
    { publicUrl, 'authServer.insecureAllowHttp': true },
    'publicUrl',
    /for listening only/,
  ]),
  [
    'a sign-in page at an address for listening',
    { 'authServer.authorizationEndpointBaseUrl': 'https://[::]:4484' },
    'authServer.authorizationEndpointBaseUrl',
    /for listening only/,
  ],
  itself('https://mcp.acme.example/mcp'),
  itself('https://MCP.acme.example:443/mcp'),
  itself('https://mcp.acme.example'),
  itself('https://mcp.acme.example/mcp/repos'),
  itself('https://mcp.acme.example/mcp/views/all'),
  local('http://localhost:4483/mcp', /The proxy of/),
  local('http://127.0.0.1:4484/mcp', /authorization server/),
  local('http://[::1]:4495/mcp', /internal listener of the proxy/),
  local('http://localhost:4485/mcp', /token vault/),
  [
    'a provider that is the gateway itself',
    { [`${OIDC}.issuerUrl`]: 'https://auth.acme.example' },
    ISSUER,
    /this gateway itself/,
  ],
  [
    'an exchange at the gateway itself',
    { [`${EXCHANGE}.tokenUrl`]: 'https://auth.acme.example/oauth/token' },
    `${EXCHANGE}.tokenUrl`,
    /this gateway itself/,
  ],
  ...['https://*.acme.example/cb', 'https://acme.example/*', 'http://localhost:*/callback', '*'].map(
    (uri): Row => [
      `${uri} as where a code is sent`,
      { [REGISTRATION]: { clients: [{ clientId: 'c', clientName: 'C', redirectUris: [uri] }] } },
      'authServer.clientRegistration.clients[0].redirectUris[0]',
      /has no \*/,
    ],
  ),
  [
    'a role of the vault that is also the owner of the custody log',
    { 'postgres.tokenVault.ownerUrl': { env: 'VAULT_DATABASE_URL' } },
    'postgres.tokenVault.ownerUrl',
    /custody log/,
  ],
  unlike('publicUrl', 'https://${HOST}'),
  unlike('authServer.upstreamProviders.0.oidcConfig.clientId', '${CLIENT_ID}'),
  unlike('authServer.upstreamProviders.0.oidcConfig.issuerUrl', 'https://${DOMAIN}/realms/acme'),
  unlike('backends.1.url', 'https://{{ .Values.host }}/mcp'),
  unlike(`${EXCHANGE}.audience`, '$AUDIENCE'),
  mistaken('backends.0.transport', 'stdio', /command: \[program/),
  mistaken('backends.0.transport', 'http', /^streamable-http$/),
  mistaken('backends.0.transport', 'streamableHttp', /^streamable-http$/),
  mistaken('backends.0.transport', 'SSE', /^sse$/),
  mistaken('backends.0.transport', 'websocket', /no transport over WebSocket/),
  mistaken(provider(0, 'type'), 'google', /^provider: google/),
  mistaken(provider(0, 'type'), 'github', /^provider: github/),
  mistaken(provider(0, 'type'), 'azure-ad', /^provider: entra/),
  mistaken(provider(0, 'type'), 'OpenID', /^oidc$/),
  mistaken(provider(0, 'type'), 'saml', /keycloak or dex/),
  mistaken(provider(0, 'type'), 'oauth', /^oauth2$/),
  stray('mcpServers', { repos: {} }, /backends/),
  stray('port', 4483, /listen\.proxy\.port/),
  stray('redis', {}, /postgres and nats/),
  stray('apiVersion', 'v1', /no apiVersion/),
  stray('providers', [], /authServer\.upstreamProviders/),
  stray('backends.0.headers', { Authorization: 'x' }, /headerInjection/),
  stray('backends.0.type', 'http', /transport/),
  stray('backends.0.args', ['--stdio'], /command: \[program/),
  stray('backends.0.apiKey', 'x', /headerInjection/),
  stray(provider(0, 'clientId'), 'gatehouse', /oidcConfig/),
  stray(`${OAUTH2}.authorizationUrl`, 'https://octo.example/authorize', /^authorizationEndpoint$/),
  stray(`${OAUTH2}.userInfoUrl`, 'https://octo.example/user', /endpointUrl/),
  stray(`${OAUTH2}.issuerUrl`, 'https://octo.example', /issuer/),
];
