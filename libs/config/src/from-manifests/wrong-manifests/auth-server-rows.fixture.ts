import { row, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { ACME_SSO, AS_OCTO, AUTH_SERVER, OAUTH2, OCTO, OIDC, OWN } from './places.fixture.js';

export const AUTH_SERVER_ROWS: readonly ManifestRow[] = [
  wrong(
    'an authorization server without an issuer',
    `${AUTH_SERVER}.issuer`,
    undefined,
    'This field is required.',
  ),
  wrong(
    'an issuer that is no URL',
    `${AUTH_SERVER}.issuer`,
    'auth.acme.example',
    'The value is not an absolute http(s) URL.',
  ),
  row(
    'an issuer over http',
    {
      [`${AUTH_SERVER}.issuer`]: 'http://auth.acme.example',
      [`${OWN}.inline.issuer`]: 'http://auth.acme.example',
    },
    [
      [
        `${AUTH_SERVER}.issuer`,
        'http is refused except on localhost: codes and tokens would travel in the clear (insecureAllowHTTP: true accepts that).',
        'https://auth.acme.example',
      ],
    ],
  ),
  row(
    'an issuer with a query',
    {
      [`${AUTH_SERVER}.issuer`]: 'https://auth.acme.example?a=b',
      [`${OWN}.inline.issuer`]: 'https://auth.acme.example?a=b',
    },
    [[`${AUTH_SERVER}.issuer`, 'An issuer has no query and no fragment (RFC 8414 section 2).']],
  ),
  wrong(
    'an issuer with a fragment',
    `${AUTH_SERVER}.issuer`,
    'https://auth.acme.example#a',
    'The value contains a fragment or a space.',
  ),
  wrong(
    'an issuer with credentials in it',
    `${AUTH_SERVER}.issuer`,
    'https://a:b@auth.acme.example',
    'The value contains credentials; they do not belong in a URL.',
  ),
  wrong('an issuer that is a number', `${AUTH_SERVER}.issuer`, 7, 'Expected a text, found a number.', "'7'"),
  wrong(
    'an issuer that is a list',
    `${AUTH_SERVER}.issuer`,
    ['https://auth.acme.example'],
    'Expected a text, found a list.',
  ),
  row(
    'a misspelled issuer',
    { [`${AUTH_SERVER}.issuer`]: undefined, [`${AUTH_SERVER}.isuer`]: 'https://auth.acme.example' },
    [[`${AUTH_SERVER}.isuer`, 'Unknown field. Did you mean issuer?', 'issuer:']],
  ),
  wrong('an authorization server that is a text', AUTH_SERVER, 'yes', 'Expected fields, found a text.'),
  wrong('no list of providers', `${AUTH_SERVER}.upstreamProviders`, undefined, 'This field is required.'),
  wrong(
    'an empty list of providers (V-05)',
    `${AUTH_SERVER}.upstreamProviders`,
    [],
    'At least one upstream provider is needed: nobody could sign in.',
  ),
  wrong(
    'providers that are fields',
    `${AUTH_SERVER}.upstreamProviders`,
    { name: 'a' },
    'Expected a list, found fields.',
  ),
  wrong('a provider that is a text', OCTO, 'octo', 'Expected fields, found a text.'),
  wrong('a provider without a name', `${OCTO}.name`, undefined, 'This field is required.'),
  wrong('a provider without a type', `${OCTO}.type`, undefined, 'This field is required.'),
  wrong('a provider of an unknown type', `${OCTO}.type`, 'oauth', 'Expected one of: oidc, oauth2.', 'oauth2'),
  wrong('a provider of type saml', `${ACME_SSO}.type`, 'saml', 'Expected one of: oidc, oauth2.'),
  row(
    'two providers of one name',
    { [`${OCTO}.name`]: 'acme-sso', [`${AS_OCTO}.upstreamInject.providerName`]: 'acme-sso' },
    [[`${OCTO}.name`, 'acme-sso is already taken further up in this list.']],
  ),
  row(
    'a name of a provider with capitals',
    { [`${OCTO}.name`]: 'Octo', [`${AS_OCTO}.upstreamInject.providerName`]: 'Octo' },
    [
      [
        `${OCTO}.name`,
        'The value is not a DNS label: lower-case letters, digits and inner hyphens, at most 63.',
        'octo',
      ],
    ],
  ),
  row(
    'a name of a provider with a slash',
    { [`${OCTO}.name`]: 'oc/to', [`${AS_OCTO}.upstreamInject.providerName`]: 'oc/to' },
    [
      [
        `${OCTO}.name`,
        'The value is not a DNS label: lower-case letters, digits and inner hyphens, at most 63.',
        'oc-to',
      ],
    ],
  ),
  wrong(
    'an oidc provider without its block',
    OIDC,
    undefined,
    'type: oidc needs the fields under oidcConfig.',
  ),
  wrong(
    'an oauth2 provider without its block',
    OAUTH2,
    undefined,
    'type: oauth2 needs the fields under oauth2Config.',
  ),
  wrong('an oidc provider without an issuer', `${OIDC}.issuerUrl`, undefined, 'This field is required.'),
  wrong('an oidc provider without a client', `${OIDC}.clientId`, undefined, 'This field is required.'),
  row(
    'a misspelled issuerUrl',
    { [`${OIDC}.issuerUrl`]: undefined, [`${OIDC}.issuerURL`]: 'https://sso.acme.example' },
    [[`${OIDC}.issuerURL`, 'Unknown field. Did you mean issuerUrl?', 'issuerUrl:']],
  ),
  wrong(
    'issuerUrl that is a discovery document',
    `${OIDC}.issuerUrl`,
    'https://sso.acme.example/.well-known/openid-configuration',
    'This is where the discovery document is. The issuer is what the document is about.',
    'https://sso.acme.example',
  ),
  wrong(
    'issuerUrl over http',
    `${OIDC}.issuerUrl`,
    'http://sso.acme.example',
    'http is refused: tokens would travel in the clear.',
    'https://sso.acme.example, or insecureAllowHttp: true in a gatehouse.yaml beside the manifests',
  ),
  wrong(
    'issuerUrl without a scheme',
    `${OIDC}.issuerUrl`,
    'sso.acme.example',
    'The value is not an absolute http(s) URL.',
  ),
  wrong(
    'issuerUrl that is this authorization server',
    `${OIDC}.issuerUrl`,
    'https://auth.acme.example',
    'This is the issuer of this gateway itself: a provider is somebody else, who knows the person.',
  ),
  wrong(
    'clientId that is a number',
    `${OIDC}.clientId`,
    12345,
    'Expected a text, found a number.',
    "'12345'",
  ),
  wrong(
    'scopes that are one text',
    `${OIDC}.scopes`,
    'openid email',
    'Expected a list, found a text.',
    '[openid, email]',
  ),
  row('a scope that is a number', { [`${OIDC}.scopes`]: ['openid', 7] }, [
    [`${OIDC}.scopes[1]`, 'Expected a text, found a number.', "'7'"],
  ]),
  row('two scopes in one item', { [`${OIDC}.scopes`]: ['openid email'] }, [
    [
      `${OIDC}.scopes[0]`,
      'The value is not one scope: no spaces, quotes or backslashes; write several scopes as a list.',
      'openid, email',
    ],
  ]),
  wrong(
    'scopes of an oidc provider without openid',
    `${OIDC}.scopes`,
    ['email'],
    'A provider of type oidc needs the scope openid.',
    '[openid, email]',
  ),
  wrong(
    'a redirect URI over http',
    `${OIDC}.redirectUri`,
    'http://auth.acme.example/oauth/callback',
    'The authorization server takes no callbacks there.',
    'no redirectUri, and https://auth.acme.example/oauth/callback/acme-sso registered at acme-sso',
  ),
  wrong(
    'a redirect URI that is not ours',
    `${OIDC}.redirectUri`,
    'https://elsewhere.example/callback',
    'The authorization server takes no callbacks there.',
    'no redirectUri, and https://auth.acme.example/oauth/callback/acme-sso registered at acme-sso',
  ),
  wrong(
    'a redirect URI with a star',
    `${OIDC}.redirectUri`,
    'https://*.acme.example/oauth/callback',
    'The authorization server takes no callbacks there.',
    'no redirectUri, and https://auth.acme.example/oauth/callback/acme-sso registered at acme-sso',
  ),
  row(
    'a parameter of the authorization request that is ours',
    { [`${OIDC}.additionalAuthorizationParams`]: { state: 'x' } },
    [[`${OIDC}.additionalAuthorizationParams.state`, 'state is set by the protocol and cannot be changed.']],
  ),
  row(
    'a parameter that would put another redirect URI in',
    { [`${OIDC}.additionalAuthorizationParams`]: { redirect_uri: 'https://evil.example' } },
    [
      [
        `${OIDC}.additionalAuthorizationParams.redirect_uri`,
        'redirect_uri is set by the protocol and cannot be changed.',
      ],
    ],
  ),
  row(
    'a parameter of the authorization request that is a flag',
    { [`${OIDC}.additionalAuthorizationParams`]: { prompt: true } },
    [[`${OIDC}.additionalAuthorizationParams.prompt`, 'Expected a text, found true or false.']],
  ),
  wrong(
    'parameters of the authorization request that are a list',
    `${OIDC}.additionalAuthorizationParams`,
    ['a=b'],
    'Expected fields, found a list.',
  ),
  row('a reference to a client secret without a key', { [`${OIDC}.clientSecretRef`]: { name: 'clients' } }, [
    [`${OIDC}.clientSecretRef.key`, 'This field is required.'],
  ]),
  row('a reference to a client secret without a name', { [`${OIDC}.clientSecretRef`]: { key: 'acme-sso' } }, [
    [`${OIDC}.clientSecretRef.name`, 'This field is required.'],
  ]),
  wrong(
    'a client secret in plain text',
    `${OIDC}.clientSecret`,
    'plain-text-of-a-secret',
    'Unknown field. Did you mean clientSecretRef?',
    'clientSecretRef:',
  ),
  wrong(
    'a client secret in plain text under the reference',
    `${OIDC}.clientSecretRef`,
    'plain-text-of-a-secret',
    'Expected fields, found a text.',
  ),
];
