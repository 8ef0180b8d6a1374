import { bearer, invalidGrant } from './documented-answers.js';
import { DOCUMENTED_LASTING } from './documented-lasting.js';
import type { Documented } from './simulated-provider.js';

/** Plain OAuth 2 providers, and those whose API tokens come that way. Of these here each use of a refresh token replaces it. */
export const DOCUMENTED_OAUTH = {
  ...DOCUMENTED_LASTING,
  /** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens */
  github: {
    authorize: 'github.com/login/oauth/authorize',
    token: 'github.com/login/oauth/access_token',
    sendsIssuer: true,
    client: 'post',
    rotates: true,
    seconds: 28_800,
    answer: (issued) => bearer(issued, { refresh_token_expires_in: 15_897_600, scope: '' }),
    // With status 200.
    lost: [
      200,
      { error: 'bad_refresh_token', error_description: 'The refresh token passed is incorrect or expired.' },
    ],
    userInfo: {
      at: 'api.github.com/user',
      wrong: ({ headers }) => headers['user-agent'] === undefined,
      answer: (login) => ({ id: 583_231, login, name: null, email: null }),
    },
    subject: () => '583231',
  },
  /** https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens/ */
  atlassian: {
    authorize: 'auth.atlassian.com/authorize',
    token: 'auth.atlassian.com/oauth/token',
    parameters: { audience: 'api.atlassian.com', prompt: 'consent' },
    client: 'post',
    format: 'json',
    offline: (asked) => asked.get('scope')?.split(' ').includes('offline_access') === true,
    rotates: true,
    seconds: 3_600,
    lost: invalidGrant(403, 'Unknown or invalid refresh token.'),
    userInfo: {
      at: 'api.atlassian.com/me',
      answer: (login) => ({ account_id: `557058:${login}`, name: login, email: `${login}@acme.example` }),
    },
    subject: (login) => `557058:${login}`,
  },
  /** https://docs.slack.dev/authentication/using-token-rotation/ */
  slack: {
    authorize: 'slack.com/oauth/v2/authorize',
    token: 'slack.com/api/oauth.v2.access',
    scopes: { parameter: 'user_scope', separator: ',' },
    // An app that did not turn it on cannot use it: https://docs.slack.dev/authentication/using-pkce/
    pkce: 'refused',
    client: 'basic',
    format: 'form',
    rotates: true,
    seconds: 43_200,
    answer: ({ login, accessToken, refreshToken, seconds, scope, grant }) => {
      const user = {
        access_token: accessToken,
        refresh_token: refreshToken,
        token_type: 'user',
        expires_in: seconds,
      };
      const common = { ok: true, app_id: 'A0', team: { id: 'T1', name: 'Acme' }, enterprise: null };
      // A refresh gives the token that it was asked for alone.
      if (grant === 'refresh') return { ...common, ...user, scope: scope.replaceAll(' ', ',') };
      return {
        ...common,
        access_token: 'xoxb-the-token-of-the-bot',
        token_type: 'bot',
        scope: 'commands',
        bot_user_id: 'B1',
        authed_user: { id: `U-${login}`, scope: scope.replaceAll(' ', ','), ...user },
      };
    },
    lost: [200, { ok: false, error: 'invalid_refresh_token' }],
    userInfo: {
      at: 'slack.com/api/auth.test',
      method: 'POST',
      answer: (login) => ({ ok: true, team: 'Acme', user: login, team_id: 'T1', user_id: `U-${login}` }),
    },
    // A user's ID is unique in the workspace alone.
    subject: (login) => `T1:U-${login}`,
  },
  /** https://developers.notion.com/reference/create-a-token and refresh-a-token */
  notion: {
    authorize: 'api.notion.com/v1/oauth/authorize',
    token: 'api.notion.com/v1/oauth/token',
    revoke: 'api.notion.com/v1/oauth/revoke',
    parameters: { owner: 'user' },
    client: 'basic',
    format: 'json',
    rotates: true,
    answer: ({ login, accessToken, refreshToken }) => ({
      access_token: accessToken,
      token_type: 'bearer',
      refresh_token: refreshToken,
      bot_id: 'b3414d65-1224-5d5e-9d7f-0c6b5f2f0b1e',
      workspace_id: '5c6a2821-6bb1-4c8f-9d58-1f2f2f3f4f5f',
      workspace_name: 'Acme',
      owner: {
        type: 'user',
        user: {
          object: 'user',
          id: `notion-${login}`,
          name: login,
          person: { email: `${login}@acme.example` },
        },
      },
    }),
    lost: [400, { error: 'invalid_grant' }],
    subject: (login) => `notion-${login}`,
  },
  /** https://linear.app/developers/oauth-2-0-authentication */
  linear: {
    authorize: 'linear.app/oauth/authorize',
    token: 'api.linear.app/oauth/token',
    revoke: 'api.linear.app/oauth/revoke',
    scopes: { separator: ',' },
    client: 'post',
    format: 'form',
    rotates: true,
    seconds: 86_399,
    lost: invalidGrant(400, 'Token has been expired or revoked.'),
    userInfo: {
      at: 'api.linear.app/graphql',
      method: 'POST',
      wrong: ({ headers, body }) =>
        headers['content-type'] !== 'application/json' || !body.includes('viewer'),
      answer: (login) => ({
        data: { viewer: { id: `linear-${login}`, name: login, email: `${login}@acme.example` } },
      }),
    },
    subject: (login) => `linear-${login}`,
  },
  /** https://developers.zoom.us/docs/integrations/oauth/ */
  zoom: {
    authorize: 'zoom.us/oauth/authorize',
    token: 'zoom.us/oauth/token',
    revoke: 'zoom.us/oauth/revoke',
    client: 'basic',
    format: 'form',
    rotates: true,
    seconds: 3_600,
    answer: (issued) => bearer(issued, { scope: 'user:read:user', api_url: 'https://api.zoom.us' }),
    lost: [400, { reason: 'Invalid Token!', error: 'invalid_request' }],
    userInfo: {
      at: 'api.zoom.us/v2/users/me',
      answer: (login) => ({ id: `zoom-${login}`, display_name: login, email: `${login}@acme.example` }),
    },
    subject: (login) => `zoom-${login}`,
  },
  /** https://developer.box.com/guides/authentication/oauth2/ */
  box: {
    authorize: 'account.box.com/api/oauth2/authorize',
    token: 'api.box.com/oauth2/token',
    revoke: 'api.box.com/oauth2/revoke',
    client: 'post',
    format: 'form',
    rotates: true,
    seconds: 4_169,
    answer: (issued) => bearer(issued, { restricted_to: [] }),
    lost: invalidGrant(400, 'Refresh token has expired'),
    userInfo: {
      at: 'api.box.com/2.0/users/me',
      answer: (login) => ({ type: 'user', id: `box-${login}`, name: login, login: `${login}@acme.example` }),
    },
    subject: (login) => `box-${login}`,
  },
  /** https://airtable.com/developers/web/api/oauth-reference */
  airtable: {
    authorize: 'airtable.com/oauth2/v1/authorize',
    token: 'airtable.com/oauth2/v1/token',
    pkce: 'required',
    client: 'basic',
    format: 'form',
    rotates: true,
    seconds: 3_600,
    answer: (issued) => bearer(issued, { refresh_expires_in: 5_184_000, scope: 'user.email:read' }),
    lost: [400, { error: 'invalid_grant' }],
    userInfo: {
      at: 'api.airtable.com/v0/meta/whoami',
      answer: (login) => ({ id: `usr${login}`, email: `${login}@acme.example`, scopes: ['user.email:read'] }),
    },
    subject: (login) => `usr${login}`,
  },
  /** https://docs.discord.com/developers/topics/oauth2 */
  discord: {
    authorize: 'discord.com/oauth2/authorize',
    token: 'discord.com/api/oauth2/token',
    revoke: 'discord.com/api/oauth2/token/revoke',
    client: 'either',
    format: 'form',
    rotates: true,
    seconds: 604_800,
    lost: [400, { error: 'invalid_grant' }],
    userInfo: {
      at: 'discord.com/api/users/@me',
      answer: (login) => ({ id: '80351110224678912', username: login, global_name: login, email: null }),
    },
    subject: () => '80351110224678912',
  },
} satisfies Readonly<Record<string, Documented>>;
