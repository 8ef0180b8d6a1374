import { REGISTRATION, type Row } from './row.fixture.js';

const CLIENT = { clientId: 'desk', clientName: 'Desk', redirectUris: ['https://desk.example/callback'] };
const AUTHORITIES = { env: 'AUTHORITY' };
const PROXIES = ['10.0.0.1'];
const BY_PROXIES = { 'authServer.trustedProxies': PROXIES, trustedProxies: PROXIES };
const AT = `${REGISTRATION}.clients[0]`;
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

const mtls = (more: object = {}) => ({
  ...BY_PROXIES,
  'authServer.mtls': { header: 'Client-Cert', certificateAuthorities: AUTHORITIES, ...more },
});
const client = (more: object) => ({ [REGISTRATION]: { clients: [{ ...CLIENT, ...more }] } });

/** Certificates of clients, and who passes them on (RFC 8705). */
export const MUTUAL_TLS_ROWS: readonly Row[] = [
  [
    'certificates that nobody passes to the authorization server',
    { ...mtls(), 'authServer.trustedProxies': [] },
    'authServer.trustedProxies',
    /none is believed here/,
    /the addresses of these proxies/,
  ],
  [
    'certificates that nobody passes to the MCP endpoint',
    { ...mtls(), trustedProxies: [] },
    'trustedProxies',
    /no bound token could be used/,
    /the addresses of these proxies/,
  ],
  [
    'trusted proxies whose word is taken for nothing',
    { trustedProxies: PROXIES },
    'trustedProxies',
    /no effect/,
  ],
  [
    'certificates in a header that says something else',
    mtls({ header: 'X-Forwarded-For' }),
    'authServer.mtls.header',
    /something else/,
    'header: Client-Cert',
  ],
  ['certificates in the header of tokens', mtls({ header: 'authorization' }), 'authServer.mtls.header'],
  [
    'certificates in a header that backends get',
    { ...mtls({ header: 'X-Client-Cert' }), passthroughHeaders: ['x-client-cert'] },
    'passthroughHeaders[0]',
    /never goes to a backend/,
  ],
  [
    'aliases over http',
    mtls({ endpointAliasBaseUrl: 'http://mtls.acme.example' }),
    'authServer.mtls.endpointAliasBaseUrl',
    /over http/,
    'https://mtls.acme.example',
  ],
  [
    'a private key among the authorities',
    mtls({ certificateAuthorities: { env: 'SIGNING_KEY' } }),
    'authServer.mtls.certificateAuthorities',
    /private key/,
  ],
  [
    'a client with a certificate where none is looked at',
    client({ tlsClientAuth: { sanDns: 'desk.acme.example' } }),
    `${AT}.tlsClientAuth`,
    /no certificate of a client is looked at/,
    'authServer.mtls: { header: Client-Cert }',
  ],
  [
    'bound tokens where no certificate is looked at',
    client({ tlsClientCertificateBoundAccessTokens: true }),
    `${AT}.tlsClientCertificateBoundAccessTokens`,
    /no certificate of a client is looked at/,
  ],
  [
    'a certificate of an authority that is not named',
    {
      ...BY_PROXIES,
      'authServer.mtls': { header: 'Client-Cert' },
      ...client({ tlsClientAuth: { sanDns: 'a.example' } }),
    },
    `${AT}.tlsClientAuth`,
    /which authority/,
  ],
  [
    'a certificate that names nobody: any of that authority would do',
    { ...mtls(), ...client({ tlsClientAuth: {} }) },
    `${AT}.tlsClientAuth`,
    /anybody's of that authority/,
  ],
  [
    'a certificate that names two things',
    { ...mtls(), ...client({ tlsClientAuth: { sanDns: 'a.example', sanEmail: 'a@a.example' } }) },
    `${AT}.tlsClientAuth`,
  ],
  ...(
    [
      ['sanDns', '*.acme.example'],
      ['sanDns', '.acme.example'],
      ['sanIp', 'acme.example'],
      ['sanUri', 'acme'],
      ['sanEmail', 'acme.example'],
      ['subjectDn', 'Agent desk'],
      ['subjectDn', 'CN="desk"'],
    ] as const
  ).map(([name, value]): Row => [
    `a certificate whose ${name} is ${value}`,
    { ...mtls(), ...client({ tlsClientAuth: { [name]: value } }) },
    `${AT}.tlsClientAuth.${name}`,
    /must be/,
  ]),
  [
    'a certificate and keys',
    { ...mtls(), ...client({ tlsClientAuth: { sanDns: 'a.example' }, jwks: [KEY] }) },
    `${AT}.tlsClientAuth`,
    /in one way/,
  ],
  [
    'a certificate of its own that is nowhere',
    { ...mtls(), ...client({ selfSignedTlsClientAuth: true }) },
    `${AT}.selfSignedTlsClientAuth`,
    /is nowhere/,
  ],
  [
    'a certificate of its own that is not beside its key',
    { ...mtls(), ...client({ selfSignedTlsClientAuth: true, jwks: [KEY] }) },
    `${AT}.jwks[0]`,
    /x5c/,
  ],
  [
    'a certificate of its own, and assertions',
    {
      ...mtls(),
      ...client({
        selfSignedTlsClientAuth: true,
        jwksUri: 'https://desk.example/jwks',
        tokenEndpointAuthSigningAlg: 'ES256',
      }),
    },
    `${AT}.tokenEndpointAuthSigningAlg`,
    /signs no assertions/,
  ],
  [
    'tokens that are bound to two things',
    {
      ...mtls(),
      ...client({ tlsClientCertificateBoundAccessTokens: true, dpopBoundAccessTokens: true }),
    },
    `${AT}.tlsClientCertificateBoundAccessTokens`,
    /bound to one thing/,
  ],
];
