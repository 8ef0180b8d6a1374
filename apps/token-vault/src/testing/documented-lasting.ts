import { bearer, bearerOnce, invalidGrant } from './documented-answers.js';
import type { Documented } from './simulated-provider.js';

/** Plain OAuth 2 providers whose refresh tokens last: none is replaced with its use. */
export const DOCUMENTED_LASTING = {
  /** https://developer.atlassian.com/cloud/bitbucket/oauth-2/ */
  bitbucket: {
    authorize: 'bitbucket.org/site/oauth2/authorize',
    token: 'bitbucket.org/site/oauth2/access_token',
    client: 'basic',
    format: 'form',
    rotates: false,
    seconds: 7_200,
    answer: (issued) => bearer(issued, { scopes: 'account', state: 'authorization_code' }),
    lost: invalidGrant(400, 'Invalid refresh_token'),
    userInfo: {
      at: 'api.bitbucket.org/2.0/user',
      answer: (login) => ({ uuid: `{${login}}`, display_name: login, account_id: `557058:${login}` }),
    },
    subject: (login) => `{${login}}`,
  },
  /** https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide */
  hubspot: {
    authorize: 'app.hubspot.com/oauth/authorize',
    token: 'api.hubapi.com/oauth/v3/token',
    client: 'post',
    format: 'form',
    rotates: false,
    seconds: 1_800,
    answer: (issued) => bearer(issued, { hub_id: 62_515, user_id: 293_199, scopes: ['oauth'] }),
    // No OAuth error.
    lost: [400, { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' }],
    subject: () => '62515:293199',
  },
  /** https://developers.asana.com/docs/oauth */
  asana: {
    authorize: 'app.asana.com/-/oauth_authorize',
    token: 'app.asana.com/-/oauth_token',
    revoke: 'app.asana.com/-/oauth_revoke',
    client: 'post',
    format: 'form',
    rotates: false,
    seconds: 3_600,
    answer: (issued) => ({
      ...bearerOnce(issued),
      data: {
        id: 4_673_218_951,
        gid: '4673218951',
        name: issued.login,
        email: `${issued.login}@acme.example`,
      },
    }),
    lost: invalidGrant(400, 'The provided authorization grant is invalid'),
    subject: () => '4673218951',
  },
  /** https://developers.figma.com/docs/rest-api/authentication */
  figma: {
    authorize: 'www.figma.com/oauth',
    token: 'api.figma.com/v1/oauth/token',
    refresh: 'api.figma.com/v1/oauth/refresh',
    client: 'basic',
    format: 'form',
    rotates: false,
    seconds: 7_776_000,
    answer: (issued) => ({
      ...bearerOnce(issued),
      user_id_string: `figma-${issued.login}`,
    }),
    // No OAuth error.
    lost: [400, { error: true, status: 400, message: 'Invalid refresh token', i18n: null }],
    userInfo: {
      at: 'api.figma.com/v1/me',
      answer: (login) => ({ id: `figma-${login}`, handle: login, email: `${login}@acme.example` }),
    },
    subject: (login) => `figma-${login}`,
  },
  /** https://developers.dropbox.com/oauth-guide */
  dropbox: {
    authorize: 'www.dropbox.com/oauth2/authorize',
    token: 'api.dropboxapi.com/oauth2/token',
    client: 'either',
    format: 'form',
    offline: (asked) => asked.get('token_access_type') === 'offline',
    rotates: false,
    seconds: 14_400,
    answer: (issued) => ({
      ...bearerOnce(issued),
      account_id: `dbid:${issued.login}`,
      uid: '12345',
    }),
    lost: invalidGrant(400, 'refresh token is invalid or revoked'),
    userInfo: {
      at: 'api.dropboxapi.com/2/users/get_current_account',
      method: 'POST',
      wrong: ({ body }) => body !== '',
      answer: (login) => ({
        account_id: `dbid:${login}`,
        name: { display_name: login },
        email: `${login}@acme.example`,
      }),
    },
    subject: (login) => `dbid:${login}`,
  },
} satisfies Readonly<Record<string, Documented>>;
