import type { Profile } from './profile.js';

export const slack: Profile = {
  title: 'Slack',
  type: 'oauth2',
  documentation: [
    'https://docs.slack.dev/authentication/installing-with-oauth/',
    'https://docs.slack.dev/authentication/using-token-rotation/',
    'https://docs.slack.dev/authentication/using-pkce/',
    'https://docs.slack.dev/reference/methods/auth.test/',
  ],
  notes: [
    'The person’s own token is used, never the bot’s: `scopes` are user scopes.',
    'PKCE is off: an app for which it is on counts as a public client, and that cannot be undone. If yours is, write `pkce: S256`.',
    'Without token rotation a token does not expire.',
  ],
  fields: {
    authorizationEndpoint: 'https://slack.com/oauth/v2/authorize',
    tokenEndpoint: 'https://slack.com/api/oauth.v2.access',
    tokenEndpointAuthMethod: 'client_secret_basic',
    basicCredentials: 'plain',
    pkce: 'off',
    scopeParameter: 'user_scope',
    scopeSeparator: 'comma',
    scopes: ['users:read'],
    tokenResponseMapping: {
      accessToken: 'authed_user.access_token',
      refreshToken: 'authed_user.refresh_token',
      expiresIn: 'authed_user.expires_in',
      scope: 'authed_user.scope',
    },
    userInfo: {
      endpointUrl: 'https://slack.com/api/auth.test',
      method: 'POST',
      fieldMapping: { subjectFields: ['team_id+user_id'], nameFields: ['user'], emailFields: [] },
    },
  },
};
