import { invalidGrant } from './documented-answers.js';
import type { Documented } from './simulated-provider.js';

const TENANT = '6babcaad-604b-40ac-a9d7-9fd97c0b779f';
const MICROSOFT = 'login.microsoftonline.com';

const asksOffline = (parameters: URLSearchParams): boolean =>
  (parameters.get('scope') ?? '').split(' ').includes('offline_access');

const subject = (login: string): string => `stub-${login}`;

/** Providers with OpenID Connect discovery. */
export const DOCUMENTED_OPENID = {
  /** https://developers.google.com/identity/protocols/oauth2/web-server */
  google: {
    issuer: 'accounts.google.com',
    authorize: 'accounts.google.com/o/oauth2/v2/auth',
    token: 'oauth2.googleapis.com/token',
    revoke: 'oauth2.googleapis.com/revoke',
    scopes: { refused: ['offline_access'] },
    client: 'either',
    // Only the first consent gives one, unless consent is asked for again.
    offline: (asked) =>
      asked.get('access_type') === 'offline' && asked.get('prompt')?.split(' ').includes('consent') === true,
    rotates: false,
    seconds: 3_599,
    lost: invalidGrant(400, 'Token has been expired or revoked.'),
    subject,
  },
  /** https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow */
  entra: {
    written: { tenant: TENANT },
    issuer: `${MICROSOFT}/${TENANT}/v2.0`,
    authorize: `${MICROSOFT}/${TENANT}/oauth2/v2.0/authorize`,
    token: `${MICROSOFT}/${TENANT}/oauth2/v2.0/token`,
    client: 'either',
    offline: asksOffline,
    rotates: true,
    refreshesByScope: true,
    seconds: 3_599,
    lost: invalidGrant(400, 'AADSTS700082: The refresh token has expired due to inactivity.'),
    subject,
  },
  /** https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc */
  'entra-organizations': {
    issuer: `${MICROSOFT}/organizations/v2.0`,
    documentIssuer: `${MICROSOFT}/{tenantid}/v2.0`,
    idTokenClaims: (origin) => ({ iss: `${origin}/${MICROSOFT}/${TENANT}/v2.0`, tid: TENANT }),
    authorize: `${MICROSOFT}/organizations/oauth2/v2.0/authorize`,
    token: `${MICROSOFT}/organizations/oauth2/v2.0/token`,
    client: 'either',
    offline: asksOffline,
    rotates: true,
    refreshesByScope: true,
    seconds: 3_599,
    lost: invalidGrant(400, 'AADSTS50173: The provided grant has expired due to it being revoked.'),
    subject,
  },
  /** https://developer.okta.com/docs/guides/refresh-tokens/main/ */
  okta: {
    written: { domain: 'acme.okta.com' },
    issuer: 'acme.okta.com',
    authorize: 'acme.okta.com/oauth2/v1/authorize',
    token: 'acme.okta.com/oauth2/v1/token',
    revoke: 'acme.okta.com/oauth2/v1/revoke',
    client: 'either',
    offline: asksOffline,
    rotates: false,
    seconds: 3_600,
    lost: invalidGrant(400, 'The refresh token is invalid or expired.'),
    subject,
  },
  /** https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation */
  auth0: {
    written: { domain: 'acme.eu.auth0.com' },
    issuer: 'acme.eu.auth0.com/',
    authorize: 'acme.eu.auth0.com/authorize',
    token: 'acme.eu.auth0.com/oauth/token',
    revoke: 'acme.eu.auth0.com/oauth/revoke',
    client: 'either',
    offline: asksOffline,
    rotates: true,
    seconds: 86_400,
    lost: invalidGrant(403, 'Unknown or invalid refresh token.'),
    subject,
  },
  /** https://www.keycloak.org/securing-apps/oidc-layers */
  keycloak: {
    written: { baseUrl: 'https://sso.acme.example', realm: 'acme' },
    issuer: 'sso.acme.example/realms/acme',
    authorize: 'sso.acme.example/realms/acme/protocol/openid-connect/auth',
    token: 'sso.acme.example/realms/acme/protocol/openid-connect/token',
    revoke: 'sso.acme.example/realms/acme/protocol/openid-connect/revoke',
    sendsIssuer: true,
    client: 'either',
    decodesBasic: true,
    rotates: true,
    seconds: 300,
    lost: invalidGrant(400, 'Token is not active'),
    subject,
  },
  /** https://dexidp.io/docs/configuration/tokens/ */
  dex: {
    written: { baseUrl: 'https://dex.acme.example' },
    issuer: 'dex.acme.example',
    authorize: 'dex.acme.example/auth',
    token: 'dex.acme.example/token',
    client: 'basic',
    decodesBasic: true,
    offline: asksOffline,
    rotates: true,
    seconds: 86_399,
    lost: [
      400,
      {
        error: 'invalid_request',
        error_description: 'Refresh token is invalid or has already been claimed by another client.',
      },
    ],
    subject,
  },
  /** https://www.ory.sh/docs/oauth2-oidc/refresh-token-grant */
  hydra: {
    written: { baseUrl: 'https://auth.acme.example/' },
    issuer: 'auth.acme.example/',
    authorize: 'auth.acme.example/oauth2/auth',
    token: 'auth.acme.example/oauth2/token',
    revoke: 'auth.acme.example/oauth2/revoke',
    client: 'basic',
    decodesBasic: true,
    offline: asksOffline,
    rotates: true,
    seconds: 3_599,
    lost: invalidGrant(
      400,
      'The provided authorization grant or refresh token is invalid, expired, revoked.',
    ),
    subject,
  },
  /** https://zitadel.com/docs/apis/openidoauth/endpoints */
  zitadel: {
    written: { domain: 'acme.zitadel.cloud' },
    issuer: 'acme.zitadel.cloud',
    authorize: 'acme.zitadel.cloud/oauth/v2/authorize',
    token: 'acme.zitadel.cloud/oauth/v2/token',
    revoke: 'acme.zitadel.cloud/oauth/v2/revoke',
    client: 'either',
    decodesBasic: true,
    offline: asksOffline,
    rotates: true,
    seconds: 43_199,
    lost: invalidGrant(400, 'Errors.User.RefreshToken.Invalid'),
    subject,
  },
  /** https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html */
  cognito: {
    written: { region: 'eu-central-1', userPoolId: 'eu-central-1_AbCdEfGhI' },
    issuer: 'cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI',
    authorize: 'acme.auth.eu-central-1.amazoncognito.com/oauth2/authorize',
    token: 'acme.auth.eu-central-1.amazoncognito.com/oauth2/token',
    revoke: 'acme.auth.eu-central-1.amazoncognito.com/oauth2/revoke',
    scopes: { refused: ['offline_access'] },
    client: 'either',
    rotates: false,
    seconds: 3_600,
    lost: [400, { error: 'invalid_grant' }],
    subject,
  },
  /** https://docs.gitlab.com/api/oauth2/ */
  gitlab: {
    issuer: 'gitlab.com',
    authorize: 'gitlab.com/oauth/authorize',
    token: 'gitlab.com/oauth/token',
    revoke: 'gitlab.com/oauth/revoke',
    scopes: { refused: ['offline_access'] },
    client: 'either',
    rotates: true,
    seconds: 7_200,
    lost: invalidGrant(400, 'The provided authorization grant is invalid, expired, revoked.'),
    subject,
  },
  /** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm */
  salesforce: {
    issuer: 'login.salesforce.com',
    authorize: 'login.salesforce.com/services/oauth2/authorize',
    token: 'login.salesforce.com/services/oauth2/token',
    revoke: 'login.salesforce.com/services/oauth2/revoke',
    scopes: { refused: ['offline'] },
    client: 'either',
    offline: (asked) => asked.get('scope')?.split(' ').includes('refresh_token') === true,
    rotates: false,
    // It says nothing of a lifetime.
    answer: ({ accessToken, refreshToken, idToken, scope, grant }) => ({
      access_token: accessToken,
      ...(grant === 'code' && refreshToken !== undefined ? { refresh_token: refreshToken } : {}),
      id_token: idToken,
      signature: 'c2lnbmF0dXJl',
      scope,
      instance_url: 'https://acme.my.salesforce.com',
      id: 'https://login.salesforce.com/id/00D/005',
      token_type: 'Bearer',
      issued_at: '1700000000000',
    }),
    lost: invalidGrant(400, 'expired access/refresh token'),
    subject,
  },
} satisfies Readonly<Record<string, Documented>>;
