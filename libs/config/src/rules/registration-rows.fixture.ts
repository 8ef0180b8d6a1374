import type { Changes } from '../configuration.fixture.js';
import { OAUTH2, type Row } from './row.fixture.js';

const PLACE = 'authServer.upstreamProviders[1].oauth2Config';
const METADATA = 'https://octo.example/.well-known/oauth-authorization-server';
const ENDPOINT = 'https://octo.example/register';

/** The provider `octo`, at which this gateway registers itself. */
export const registering = (dcrConfig: unknown, more: Readonly<Record<string, unknown>> = {}): Changes => ({
  [`${OAUTH2}.clientId`]: undefined,
  [`${OAUTH2}.clientSecret`]: undefined,
  [`${OAUTH2}.dcrConfig`]: dcrConfig,
  ...Object.fromEntries(Object.entries(more).map(([field, value]) => [`${OAUTH2}.${field}`, value])),
});

const row = (refused: string, changes: Changes, field: string, message: RegExp, instead?: RegExp): Row => {
  const path = `${PLACE}.${field}`;
  return instead === undefined
    ? [refused, changes, path, message]
    : [refused, changes, path, message, instead];
};

const OIDC = 'authServer.upstreamProviders.0.oidcConfig';

const registeringAtOpenId = (dcrConfig: unknown, more: Readonly<Record<string, unknown>> = {}): Changes => ({
  [`${OIDC}.clientId`]: undefined,
  [`${OIDC}.clientSecret`]: undefined,
  [`${OIDC}.dcrConfig`]: dcrConfig,
  ...Object.fromEntries(Object.entries(more).map(([field, value]) => [`${OIDC}.${field}`, value])),
});

const openIdRow = (
  refused: string,
  changes: Changes,
  field: string,
  message: RegExp,
  instead?: RegExp,
): Row => {
  const path = `authServer.upstreamProviders[0].oidcConfig.${field}`;
  return instead === undefined
    ? [refused, changes, path, message]
    : [refused, changes, path, message, instead];
};

/** What the rules refuse of `dcrConfig`. */
export const REGISTRATION_ROWS: readonly Row[] = [
  row(
    'a client secret beside a registration',
    registering({ discoveryUrl: METADATA }, { clientSecret: { env: 'OCTO_CLIENT_SECRET' } }),
    'clientSecret',
    /gives this gateway a secret of its own/,
  ),
  row(
    'a client key beside a registration',
    registering(
      { discoveryUrl: METADATA },
      { clientKey: { env: 'SIGNING_KEY' }, tokenEndpointAuthMethod: 'client_secret_basic' },
    ),
    'clientKey',
    /gives this gateway a secret of its own/,
  ),
  row(
    'a registration for private_key_jwt',
    registering({ discoveryUrl: METADATA }, { tokenEndpointAuthMethod: 'private_key_jwt' }),
    'tokenEndpointAuthMethod',
    /with the secret that it was given/,
    /client_secret_basic/,
  ),
  row(
    'a registration without PKCE (stolen code of a public client)',
    registering({ discoveryUrl: METADATA }, { pkce: 'off' }),
    'pkce',
    /public client, which needs PKCE/,
  ),
  row(
    'metadata where there can be none',
    registering({ discoveryUrl: ENDPOINT }),
    'dcrConfig.discoveryUrl',
    /No metadata of an authorization server is there/,
    /registrationEndpoint/,
  ),
  row(
    'a registration endpoint that is a metadata document',
    registering({ registrationEndpoint: METADATA }),
    'dcrConfig.registrationEndpoint',
    /write the endpoint itself/,
    /discoveryUrl/,
  ),
  row(
    'a software statement that is no JWT',
    registering({ discoveryUrl: METADATA, softwareStatement: 'gatehouse' }),
    'dcrConfig.softwareStatement',
    /not a JWT/,
  ),
  row(
    'a registration in the clear',
    registering({ registrationEndpoint: 'http://octo.example/register' }),
    'dcrConfig.registrationEndpoint',
    /http is refused/,
  ),
  row(
    'metadata inside the network',
    registering({ discoveryUrl: 'https://10.0.0.7/.well-known/oauth-authorization-server' }),
    'dcrConfig.discoveryUrl',
    /private/,
  ),
  openIdRow(
    'a registration whose secret would make id_tokens (an empty secret is known to everybody)',
    registeringAtOpenId({}, { idTokenSignedWith: 'clientSecret' }),
    'idTokenSignedWith',
    /verified by published keys/,
    /keySet/,
  ),
  openIdRow(
    'a registration at the issuers of all tenants',
    registeringAtOpenId({}, { issuerTemplate: 'https://sso.acme.example/{tenantid}' }),
    'issuerTemplate',
    /made at one issuer/,
    /issuerUrl/,
  ),
  openIdRow(
    'a client secret beside a registration at a provider of OpenID Connect',
    registeringAtOpenId({}, { clientSecret: { env: 'ACME_CLIENT_SECRET' } }),
    'clientSecret',
    /gives this gateway a secret of its own/,
  ),
  openIdRow(
    'a registration at a provider of OpenID Connect in the clear',
    registeringAtOpenId({ registrationEndpoint: 'http://sso.acme.example/register' }),
    'dcrConfig.registrationEndpoint',
    /http is refused/,
  ),
];

/** What its fields refuse. */
export const REGISTRATION_SHAPE_ROWS: readonly Row[] = [
  row(
    'a registration beside a client',
    { [`${OAUTH2}.dcrConfig`]: { discoveryUrl: METADATA } },
    'dcrConfig',
    /Only one of clientId and dcrConfig/,
  ),
  row(
    'a provider without a client and without a registration',
    { [`${OAUTH2}.clientId`]: undefined },
    'clientId',
    /required/,
    /dcrConfig/,
  ),
  row(
    'a registration nowhere',
    registering({ softwareId: 'gatehouse' }),
    'dcrConfig.discoveryUrl',
    /Nothing says where to register/,
  ),
  row(
    'a registration at two places',
    registering({ discoveryUrl: METADATA, registrationEndpoint: ENDPOINT }),
    'dcrConfig.registrationEndpoint',
    /Only one of discoveryUrl and registrationEndpoint/,
  ),
  row(
    'an initial access token in plain text',
    registering({ discoveryUrl: METADATA, initialAccessToken: 'plain-text-of-a-secret' }),
    'dcrConfig.initialAccessToken',
    /./,
  ),
  row(
    'an initial access token that cannot be one',
    registering({ discoveryUrl: METADATA, initialAccessToken: { env: 'NATS_CREDENTIALS' } }),
    'dcrConfig.initialAccessToken',
    /RFC 6750 section 2\.1/,
  ),
  row(
    'a registration by a field of another name',
    registering({ discoveryUrl: METADATA, initialAccessTokenRef: { env: 'INITIAL_ACCESS_TOKEN' } }),
    'dcrConfig.initialAccessTokenRef',
    /Did you mean initialAccessToken/,
    /initialAccessToken/,
  ),
  openIdRow(
    'a registration at a provider of OpenID Connect with a second place of its metadata',
    registeringAtOpenId({ discoveryUrl: METADATA }),
    'dcrConfig.discoveryUrl',
    /does not exist here/,
    /issuerUrl says where/,
  ),
  openIdRow(
    'a registration at a provider of OpenID Connect beside a client',
    { [`${OIDC}.dcrConfig`]: {} },
    'dcrConfig',
    /Only one of clientId and dcrConfig/,
  ),
  openIdRow(
    'a provider of OpenID Connect without a client and without a registration',
    { [`${OIDC}.clientId`]: undefined },
    'clientId',
    /required/,
    /dcrConfig/,
  ),
];
