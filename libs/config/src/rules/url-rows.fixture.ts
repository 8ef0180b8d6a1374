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
  ...[
    'https://169.254.1.1/mcp',
    'https://192.0.2.7/mcp',
    'https://2851995649/mcp',
    'https://0xa9.0xfe.1.1/mcp',
    'https://0251.0376.0001.0001/mcp',
    'https://[fe80::1]/mcp',
    'https://[2001:db8::7]/mcp',
    'https://[::ffff:169.254.1.1]/mcp',
    'https://[64:ff9b::192.0.2.7]/mcp',
    'https://0.0.0.0/mcp',
  ].map((url): Row => [
    `a backend on ${url}, whatever is allowed`,
    { 'backends.0.url': url, 'backends.0.allowPrivateIps': true, 'backends.0.insecureAllowHttp': true },
    'backends[0].url',
    /ever/,
  ]),
  [
    'a provider on a link-local address',
    { [`${OIDC}.issuerUrl`]: 'https://169.254.1.1' },
    'authServer.upstreamProviders[0].oidcConfig.issuerUrl',
    /ever/,
  ],
  [
    'an exchange on an address of documentation',
    { [`${EXCHANGE}.tokenUrl`]: 'https://203.0.113.7/token' },
    `${EXCHANGE}.tokenUrl`,
    /ever/,
  ],
  [
    'a link-local issuer over http that is allowed',
    {
      ...NO_PROVIDER_STRATEGIES,
      incomingAuth: {
        type: 'oidc',
        oidc: { issuer: 'http://169.254.1.1', insecureAllowHttp: true, allowPrivateIps: true },
      },
    },
    'incomingAuth.oidc.issuer',
    /ever/,
  ],
  [
    'a proxy on a link-local address',
    { 'egress.proxy.url': 'http://169.254.1.1:3128' },
    'egress.proxy.url',
    /ever/,
  ],
  ['a proxy with a path', { 'egress.proxy.url': 'http://proxy.example:3128/x' }, 'egress.proxy.url', /path/],
  ['a proxy that is none of HTTP', { 'egress.proxy.url': 'socks5://proxy.example:1080' }, 'egress.proxy.url'],
  [
    'a proxy with credentials in its URL',
    { 'egress.proxy.url': 'http://user:word@proxy.example:3128' },
    'egress.proxy.url',
    /credentials/,
  ],
  ['a port in noProxy', { 'egress.proxy.noProxy': ['example.org:443'] }, 'egress.proxy.noProxy[0]', /port/],
  ['every page as an allowed origin', { allowedOrigins: ['*'] }, 'allowedOrigins[0]', /every page/],
  ['null as an allowed origin', { allowedOrigins: ['null'] }, 'allowedOrigins[0]', /nobody/],
  [
    'an allowed origin with a path',
    { allowedOrigins: ['https://claude.ai/'] },
    'allowedOrigins[0]',
    /origin/,
  ],
  ['a trusted host with a scheme', { trustedHosts: ['https://a.example'] }, 'trustedHosts[0]', /host/],
  ['a public URL that ends in a slash', { publicUrl: 'https://mcp.acme.example/x/' }, 'publicUrl', /slash/],
  ['a public URL with a query', { publicUrl: 'https://mcp.acme.example/x?y' }, 'publicUrl', /query/],
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
