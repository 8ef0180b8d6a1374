import { OIDC, OAUTH2, EXCHANGE, NO_PROVIDER_STRATEGIES, type Row } from './row.fixture.js';

/** Where issuers are and where requests go. */
export const URL_ROWS: readonly Row[] = [
  [
    'an issuer with a query',
    { 'authServer.issuer': 'https://auth.acme.example/a?b' },
    'authServer.issuer',
    /query/,
  ],
  [
    'an issuer that ends in a slash',
    { 'authServer.issuer': 'https://auth.acme.example/' },
    'authServer.issuer',
    /slash/,
  ],
  [
    'an issuer over http',
    { 'authServer.issuer': 'http://auth.acme.example' },
    'authServer.issuer',
    /http is refused/,
  ],
  [
    'an issuer on a host that only begins like localhost',
    { 'authServer.issuer': 'http://localhost.evil.example' },
    'authServer.issuer',
    /http is refused/,
  ],
  [
    'an authorization endpoint over http',
    { 'authServer.authorizationEndpointBaseUrl': 'http://login.acme.example' },
    'authServer.authorizationEndpointBaseUrl',
  ],
  ['a public URL over http', { publicUrl: 'http://mcp.acme.example' }, 'publicUrl'],
  ['a backend over http', { 'backends.0.url': 'http://repos.acme.example/mcp' }, 'backends[0].url', /clear/],
  [
    'a backend on a private address',
    { 'backends.0.url': 'https://10.1.2.3/mcp' },
    'backends[0].url',
    /private/,
  ],
  [
    'a backend on the metadata address of a cloud',
    { 'backends.0.url': 'https://169.254.169.254/mcp' },
    'backends[0].url',
    /ever/,
  ],
  [
    'a backend on an address that nobody may open',
    { 'backends.0.url': 'https://192.0.2.1/mcp', 'backends.0.allowPrivateIps': true },
    'backends[0].url',
    /ever/,
  ],
  [
    'a backend on a mapped IPv6 address',
    { 'backends.0.url': 'https://[::ffff:10.0.0.1]/mcp' },
    'backends[0].url',
    /private/,
  ],
  [
    'a provider over http',
    { [`${OIDC}.issuerUrl`]: 'http://sso.acme.example' },
    'authServer.upstreamProviders[0].oidcConfig.issuerUrl',
  ],
  [
    'a userinfo endpoint on localhost beside public endpoints',
    { [`${OAUTH2}.userInfo.endpointUrl`]: 'https://localhost/user' },
    'authServer.upstreamProviders[1].oauth2Config.userInfo.endpointUrl',
  ],
  [
    'an authorization endpoint of a provider over http',
    { [`${OAUTH2}.authorizationEndpoint`]: 'http://octo.example/authorize' },
    'authServer.upstreamProviders[1].oauth2Config.authorizationEndpoint',
  ],
  [
    'an exchange over http',
    { [`${EXCHANGE}.tokenUrl`]: 'http://sts.acme.example/token' },
    `${EXCHANGE}.tokenUrl`,
  ],
  [
    'keys fetched from a private address',
    {
      incomingAuth: {
        type: 'oidc',
        oidc: { issuer: 'https://idp.example', jwksUrl: 'https://192.168.0.1/jwks' },
      },
      ...NO_PROVIDER_STRATEGIES,
    },
    'incomingAuth.oidc.jwksUrl',
  ],
];
