import type { Profile } from './profile.js';

export const github: Profile = {
  title: 'GitHub',
  type: 'oauth2',
  documentation: [
    'https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
    'https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens',
  ],
  notes: [
    'A GitHub App’s tokens live 8 hours and are renewed; it has permissions in the place of scopes. Tokens of an OAuth app do not expire.',
    'Enterprise Server: write the endpoints beside `provider`.',
  ],
  fields: {
    issuer: 'https://github.com/login/oauth',
    authorizationEndpoint: 'https://github.com/login/oauth/authorize',
    tokenEndpoint: 'https://github.com/login/oauth/access_token',
    tokenEndpointAuthMethod: 'client_secret_post',
    scopes: ['read:user'],
    userInfo: {
      endpointUrl: 'https://api.github.com/user',
      additionalHeaders: { Accept: 'application/vnd.github+json', 'X-GitHub-Api-Version': '2022-11-28' },
      fieldMapping: { subjectFields: ['id'], nameFields: ['name', 'login'], emailFields: ['email'] },
    },
  },
};
