import { OAUTH2, OIDC, type Row } from './row.fixture.js';

export const COMMON = 'https://auth.acme.example/oauth/callback';

const elsewhere = (kind: string, redirectUri: string): Row => [
  `a callback ${kind}`,
  { [`${OAUTH2}.redirectUri`]: redirectUri },
  'authServer.upstreamProviders[1].oauth2Config.redirectUri',
  /takes no callbacks there/,
];

/** Where providers send the browser back to, and how their answers are told apart (RFC 9700 section 4.4.2). */
export const CALLBACK_ROWS: readonly Row[] = [
  elsewhere(
    'on another host, where the cookie of the sign-in is not',
    'https://mcp.acme.example/oauth/callback',
  ),
  elsewhere('on another path', 'https://auth.acme.example/callback'),
  elsewhere('two steps below the common one', `${COMMON}/octo/again`),
  elsewhere('that ends in a slash', `${COMMON}/octo/`),
  elsewhere('with a name in capitals', `${COMMON}/OCTO`),
  elsewhere('with an encoded letter', `${COMMON}/%6fcto`),
  elsewhere('with an encoded slash', `${COMMON}/octo%2fagain`),
  elsewhere('with a query', `${COMMON}/octo?provider=octo`),
  elsewhere('whose port is written out', 'https://auth.acme.example:443/oauth/callback/octo'),
  elsewhere('whose host is written in capitals', 'https://AUTH.acme.example/oauth/callback/octo'),
  [
    'one callback for two providers of which one does not say who it is (mix-up)',
    { [`${OIDC}.redirectUri`]: COMMON, [`${OAUTH2}.redirectUri`]: COMMON },
    'authServer.upstreamProviders[1].oauth2Config.issuer',
    /octo shares its callback with acme-sso.*RFC 9700/,
  ],
  [
    "another provider's own callback (mix-up)",
    { [`${OIDC}.redirectUri`]: `${COMMON}/octo` },
    'authServer.upstreamProviders[1].oauth2Config.issuer',
    /octo shares its callback with acme-sso/,
  ],
  [
    'the issuer of another provider on one callback (mix-up)',
    {
      [`${OIDC}.redirectUri`]: COMMON,
      [`${OAUTH2}.redirectUri`]: COMMON,
      [`${OAUTH2}.issuer`]: 'https://sso.acme.example',
    },
    'authServer.upstreamProviders[1].oauth2Config.issuer',
    /callback and its issuer with acme-sso/,
  ],
  [
    'an issuer of a provider with a query',
    { [`${OAUTH2}.issuer`]: 'https://octo.example/?tenant=1' },
    'authServer.upstreamProviders[1].oauth2Config.issuer',
    /no query/,
  ],
];
