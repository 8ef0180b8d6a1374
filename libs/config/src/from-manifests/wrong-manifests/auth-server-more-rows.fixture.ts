import { row, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { AUTH_SERVER, OAUTH2, OIDC } from './places.fixture.js';

export const AUTH_SERVER_MORE_ROWS: readonly ManifestRow[] = [
  row(
    'a reference with a field of another system',
    { [`${OIDC}.clientSecretRef`]: { name: 'clients', key: 'acme-sso', namespace: 'tools' } },
    [[`${OIDC}.clientSecretRef.namespace`, 'Unknown field. Known here: key, name.']],
  ),
  wrong(
    'userInfoOverride',
    `${OIDC}.userInfoOverride`,
    { endpointUrl: 'https://sso.acme.example/me' },
    'Refused: who signed in is said by the verified id_token.',
    'a provider of type oauth2 with userInfo',
  ),
  wrong(
    'an empty subjectClaim',
    `${OIDC}.subjectClaim`,
    '',
    'The value is not the name of a top-level claim.',
  ),
  wrong('no authorization endpoint', `${OAUTH2}.authorizationEndpoint`, undefined, 'This field is required.'),
  wrong(
    'an authorization endpoint over http',
    `${OAUTH2}.authorizationEndpoint`,
    'http://octo.example/authorize',
    'http is refused: tokens would travel in the clear.',
    'https://octo.example/authorize, or insecureAllowHTTP: true in oauth2Config',
  ),
  wrong('no token endpoint', `${OAUTH2}.tokenEndpoint`, undefined, 'This field is required.'),
  wrong(
    'a token endpoint that is no URL',
    `${OAUTH2}.tokenEndpoint`,
    'octo.example/token',
    'The value is not an absolute http(s) URL.',
  ),
  wrong(
    'a token endpoint over http',
    `${OAUTH2}.tokenEndpoint`,
    'http://octo.example/token',
    'http is refused: tokens would travel in the clear.',
    'https://octo.example/token, or insecureAllowHTTP: true in oauth2Config',
  ),
  wrong(
    'a token endpoint with a fragment',
    `${OAUTH2}.tokenEndpoint`,
    'https://octo.example/token#x',
    'The value contains a fragment or a space.',
  ),
  wrong(
    'an oauth2 provider without a client',
    `${OAUTH2}.clientId`,
    undefined,
    'This field is required.',
    'clientId: gatehouse; or dcrConfig, where the provider lets clients register',
  ),
  row(
    "an oauth2 provider that says nobody's name",
    { [`${OAUTH2}.userInfo`]: undefined, [`${AUTH_SERVER}.primaryUpstreamProvider`]: 'octo' },
    [
      [
        `${OAUTH2}.userInfo`,
        'Nothing says who signed in: a provider of type oauth2 needs either userInfo or identityFromToken.',
        'userInfo: { endpointUrl: … }, or identityFromToken: { fieldMapping: … }',
      ],
    ],
  ),
  wrong(
    'userInfo without an address',
    `${OAUTH2}.userInfo.endpointUrl`,
    undefined,
    'This field is required.',
  ),
  wrong(
    'userInfo over http',
    `${OAUTH2}.userInfo.endpointUrl`,
    'http://octo.example/user',
    'http is refused: tokens would travel in the clear.',
    'https://octo.example/user, or insecureAllowHTTP: true in oauth2Config',
  ),
  wrong(
    'userInfo with an unknown method',
    `${OAUTH2}.userInfo.httpMethod`,
    'PUT',
    'Expected one of: GET, POST.',
    'GET',
  ),
  row(
    'userInfo with a header that carries the token',
    { [`${OAUTH2}.userInfo.additionalHeaders`]: { Authorization: 'x' } },
    [
      [
        `${OAUTH2}.userInfo.additionalHeaders.Authorization`,
        'Authorization is set by the gateway and cannot be changed.',
      ],
    ],
  ),
  row(
    'a header of userInfo that is a number',
    { [`${OAUTH2}.userInfo.additionalHeaders`]: { 'X-Version': 7 } },
    [[`${OAUTH2}.userInfo.additionalHeaders.X-Version`, 'Expected a text, found a number.', "'7'"]],
  ),
  row(
    'a field of userInfo that is one text',
    { [`${OAUTH2}.userInfo.fieldMapping`]: { subjectFields: 'id' } },
    [[`${OAUTH2}.userInfo.fieldMapping.subjectFields`, 'Expected a list, found a text.']],
  ),
  row(
    'an unknown field under fieldMapping',
    { [`${OAUTH2}.userInfo.fieldMapping`]: { loginFields: ['login'] } },
    [
      [
        `${OAUTH2}.userInfo.fieldMapping.loginFields`,
        'Unknown field. Known here: emailFields, nameFields, subjectFields.',
      ],
    ],
  ),
  wrong(
    'userInfo and identityFromToken',
    `${OAUTH2}.identityFromToken`,
    { subjectPath: 'user.id' },
    'Only one of userInfo and identityFromToken says who signed in: write the one that counts.',
  ),
  row(
    'identityFromToken without a subject',
    { [`${OAUTH2}.userInfo`]: undefined, [`${OAUTH2}.identityFromToken`]: { namePath: 'user.name' } },
    [[`${OAUTH2}.identityFromToken.subjectPath`, 'This field is required.']],
  ),
  row(
    'identityFromToken that takes a token apart',
    {
      [`${OAUTH2}.userInfo`]: undefined,
      [`${OAUTH2}.identityFromToken`]: { subjectPath: 'id_token|@upstreamjwt|sub' },
    },
    [
      [
        `${OAUTH2}.identityFromToken.subjectPath`,
        'Refused: only a path is read here; a token inside the answer is not believed without its signature.',
        'userInfo; or identityFromToken with source: idToken, issuer and jwksUrl in a gatehouse.yaml beside the manifests',
      ],
    ],
  ),
  row(
    'a mapping of the answer without the access token',
    { [`${OAUTH2}.tokenResponseMapping`]: { scopePath: 'scope' } },
    [[`${OAUTH2}.tokenResponseMapping.accessTokenPath`, 'This field is required.']],
  ),
  row(
    'a mapping of the answer with a list',
    { [`${OAUTH2}.tokenResponseMapping`]: { accessTokenPath: ['a'] } },
    [[`${OAUTH2}.tokenResponseMapping.accessTokenPath`, 'Expected a text, found a list.']],
  ),
  wrong(
    'insecureAllowHTTP that is a text',
    `${OAUTH2}.insecureAllowHTTP`,
    'yes',
    'Expected true or false, found a text.',
  ),
  wrong(
    'allowPrivateIPs in other capitals',
    `${OAUTH2}.allowPrivateIps`,
    true,
    'Unknown field. Did you mean allowPrivateIPs?',
    'allowPrivateIPs:',
  ),
  wrong(
    'a primary provider that is not there',
    `${AUTH_SERVER}.primaryUpstreamProvider`,
    'acme',
    'There is no provider named acme. Known: acme-sso, octo.',
  ),
  wrong(
    'baseline scopes that are one text',
    `${AUTH_SERVER}.baselineClientScopes`,
    'openid',
    'Expected a list, found a text.',
  ),
  row(
    'a baseline scope that is not supported',
    { [`${AUTH_SERVER}.baselineClientScopes`]: ['admin:everything'] },
    [
      [
        `${AUTH_SERVER}.baselineClientScopes[0]`,
        'admin:everything is not among the scopes of oidcConfigRef (openid, profile, email, offline_access).',
      ],
    ],
  ),
  row(
    'a life of tokens that is no duration',
    { [`${AUTH_SERVER}.tokenLifespans`]: { accessTokenLifespan: 'soon' } },
    [
      [
        `${AUTH_SERVER}.tokenLifespans.accessTokenLifespan`,
        'The value is not a duration: a whole number and a unit (ms, s, m, h, d).',
      ],
    ],
  ),
  row(
    'a life of access tokens of a week',
    { [`${AUTH_SERVER}.tokenLifespans`]: { accessTokenLifespan: '168h' } },
    [[`${AUTH_SERVER}.tokenLifespans.accessTokenLifespan`, 'This must be within 5s to 24h.']],
  ),
  row('a life of codes of an hour', { [`${AUTH_SERVER}.tokenLifespans`]: { authCodeLifespan: '1h' } }, [
    [`${AUTH_SERVER}.tokenLifespans.authCodeLifespan`, 'This must be within 5s to 10m.'],
  ]),
  row('a life of tokens of nothing', { [`${AUTH_SERVER}.tokenLifespans`]: { accessTokenLifespan: '0s' } }, [
    [`${AUTH_SERVER}.tokenLifespans.accessTokenLifespan`, 'This must be within 5s to 24h.'],
  ]),
  row(
    'a life of tokens that is a number',
    { [`${AUTH_SERVER}.tokenLifespans`]: { accessTokenLifespan: 3600 } },
    [[`${AUTH_SERVER}.tokenLifespans.accessTokenLifespan`, 'Expected a text, found a number.', "'3600'"]],
  ),
  row('an unknown life', { [`${AUTH_SERVER}.tokenLifespans`]: { idTokenLifespan: '1h' } }, [
    [
      `${AUTH_SERVER}.tokenLifespans.idTokenLifespan`,
      'Unknown field. Known here: accessTokenLifespan, authCodeLifespan, refreshTokenLifespan.',
    ],
  ]),
  row('cimd without enabled', { [`${AUTH_SERVER}.cimd`]: {} }, [
    [`${AUTH_SERVER}.cimd.enabled`, 'This field is required.'],
  ]),
  wrong('cimd that is a flag', `${AUTH_SERVER}.cimd`, true, 'Expected fields, found true or false.'),
  row(
    'a delegate client that acts with a scope of people',
    {
      [`${AUTH_SERVER}.delegateClients`]: [
        {
          clientId: 'a',
          clientSecretRef: { name: 'clients', key: 'exchange' },
          audiences: ['https://mcp.acme.example/mcp'],
          scopes: ['offline_access'],
        },
      ],
    },
    [
      [
        `${AUTH_SERVER}.delegateClients[0].scopes[0]`,
        'offline_access is about a person who signs in, and nobody does here.',
      ],
    ],
  ),
  wrong(
    'trusted issuers',
    `${AUTH_SERVER}.trustedIssuers`,
    [{ issuerUrl: 'https://other.example' }],
    'Refused: of another issuer, this authorization server takes an ID-JAG alone.',
    'assertionIssuers in a gatehouse.yaml beside the manifests',
  ),
  wrong(
    'forceConfidentialRedirectUris',
    `${AUTH_SERVER}.forceConfidentialRedirectUris`,
    ['https://app.example/callback'],
    'Refused: a redirect URI does not decide whether a client has a secret.',
  ),
  wrong(
    'disableUpstreamTokenInjection',
    `${AUTH_SERVER}.disableUpstreamTokenInjection`,
    true,
    'Refused: which backend receives a token of a provider is said by its strategy alone.',
  ),
  row(
    'a signing key that is not among the manifests',
    { [`${AUTH_SERVER}.signingKeySecretRefs`]: [{ name: 'signing', key: 'key.pem' }] },
    [
      [
        `${AUTH_SERVER}.signingKeySecretRefs[0]`,
        'There is no Secret signing in namespace tools, and none is mounted: Only env references can be read here.',
      ],
    ],
  ),
  row(
    'a signing key that is none',
    { [`${AUTH_SERVER}.signingKeySecretRefs`]: [{ name: 'clients', key: 'octo' }] },
    [
      [
        `${AUTH_SERVER}.signingKeySecretRefs[0]`,
        'The key octo of the Secret clients is not an unencrypted private key in PEM form.',
      ],
    ],
  ),
  wrong(
    'signing keys that are one reference',
    `${AUTH_SERVER}.signingKeySecretRefs`,
    { name: 'clients', key: 'octo' },
    'Expected a list, found fields.',
  ),
  wrong(
    'an authorization endpoint elsewhere over http',
    `${AUTH_SERVER}.authorizationEndpointBaseUrl`,
    'http://login.acme.example',
    'http is refused except on localhost: codes and tokens would travel in the clear (insecureAllowHTTP: true accepts that).',
    'https://login.acme.example',
  ),
];
