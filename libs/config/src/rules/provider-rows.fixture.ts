import { OAUTH2, OIDC, type Row } from './row.fixture.js';

const at = (block: string, field: string): string =>
  `${block === OIDC ? 'authServer.upstreamProviders[0].oidcConfig' : 'authServer.upstreamProviders[1].oauth2Config'}.${field}`;

const row = (refused: string, block: string, fields: object, field: string, message?: RegExp): Row => [
  refused,
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${block}.${name}`, value])),
  at(block, field),
  message ?? /./,
];

const ID_TOKEN = { source: 'idToken', issuer: 'https://octo.example', jwksUrl: 'https://octo.example/jwks' };

/** How Gatehouse is a client of providers, and how they say who signed in. */
export const PROVIDER_ROWS: readonly Row[] = [
  row(
    'a provider that does not say who signed in',
    OAUTH2,
    { userInfo: undefined },
    'userInfo',
    /either userInfo or identityFromToken/,
  ),
  row(
    'a provider that says twice who signed in',
    OAUTH2,
    { identityFromToken: {} },
    'identityFromToken',
    /Only one/,
  ),
  row(
    'an id_token that nothing can verify',
    OAUTH2,
    { userInfo: undefined, identityFromToken: { source: 'idToken', issuer: 'https://octo.example' } },
    'identityFromToken.jwksUrl',
    /cannot be verified/,
  ),
  row(
    'a key set for what is no id_token',
    OAUTH2,
    { userInfo: undefined, identityFromToken: { jwksUrl: 'https://octo.example/jwks' } },
    'identityFromToken.jwksUrl',
    /source: idToken alone/,
  ),
  row(
    'an id_token of another issuer than the answers of its provider',
    OAUTH2,
    {
      userInfo: undefined,
      issuer: 'https://octo.example/login',
      identityFromToken: ID_TOKEN,
    },
    'identityFromToken.issuer',
    /one authorization server has one issuer/,
  ),
  row(
    'a key set inside the network',
    OAUTH2,
    { userInfo: undefined, identityFromToken: { ...ID_TOKEN, jwksUrl: 'https://10.0.0.7/jwks' } },
    'identityFromToken.jwksUrl',
    /private/,
  ),
  row(
    'a refresh endpoint over http',
    OAUTH2,
    { refreshEndpoint: 'http://octo.example/refresh' },
    'refreshEndpoint',
    /http is refused/,
  ),
  row('a body of a GET', OAUTH2, { 'userInfo.body': '{}' }, 'userInfo.body', /GET request has no body/),
  row(
    'a body that is no JSON',
    OAUTH2,
    { 'userInfo.method': 'POST', 'userInfo.body': '{ viewer }' },
    'userInfo.body',
    /is not JSON/,
  ),
  row(
    'headers of token requests that carry a credential',
    OAUTH2,
    { tokenRequestHeaders: { authorization: 'x' } },
    'tokenRequestHeaders.authorization',
  ),
  row(
    'a mapping without the access token',
    OAUTH2,
    { tokenResponseMapping: { refreshToken: 'data.refresh_token' } },
    'tokenResponseMapping',
    /accessToken/,
  ),
  row(
    'a path that leads nowhere',
    OAUTH2,
    { tokenResponseMapping: { accessToken: 'data..token' } },
    'tokenResponseMapping.accessToken',
  ),
  row(
    'scopes in the place of the state',
    OAUTH2,
    { scopeParameter: 'state' },
    'scopeParameter',
    /something else/,
  ),
  row(
    'a public client without PKCE (stolen code)',
    OAUTH2,
    { pkce: 'off', clientSecret: undefined },
    'pkce',
    /needed/,
  ),
  row(
    'id_tokens signed with a secret that is not there',
    OIDC,
    { idTokenSignedWith: 'clientSecret', clientSecret: undefined },
    'idTokenSignedWith',
  ),
  row(
    'private_key_jwt without a key',
    OIDC,
    { tokenEndpointAuthMethod: 'private_key_jwt' },
    'tokenEndpointAuthMethod',
    /needs a clientKey/,
  ),
  row(
    'a key that is not used',
    OIDC,
    { clientKey: { env: 'SIGNING_KEY' }, tokenEndpointAuthMethod: 'client_secret_post' },
    'tokenEndpointAuthMethod',
    /does not use the clientKey/,
  ),
  row(
    'a secret beside the key that is used',
    OIDC,
    { clientKey: { env: 'SIGNING_KEY' } },
    'clientSecret',
    /not used/,
  ),
  row(
    'an issuer template without a tenant',
    OIDC,
    { issuerTemplate: 'https://sso.acme.example/v2.0' },
    'issuerTemplate',
    /tenantid/,
  ),
];
