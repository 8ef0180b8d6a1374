import type { Profile } from './profile.js';

export const atlassian: Profile = {
  title: 'Atlassian Cloud (Jira, Confluence)',
  type: 'oauth2',
  documentation: [
    'https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/',
    'https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens/',
  ],
  notes: [
    'Keep `read:me` and `offline_access` beside the scopes of the products. A refresh token is replaced with each use and ends after 90 days without one.',
  ],
  fields: {
    authorizationEndpoint: 'https://auth.atlassian.com/authorize',
    tokenEndpoint: 'https://auth.atlassian.com/oauth/token',
    tokenEndpointAuthMethod: 'client_secret_post',
    tokenRequestFormat: 'json',
    scopes: ['read:me', 'offline_access'],
    additionalAuthorizationParams: { audience: 'api.atlassian.com', prompt: 'consent' },
    userInfo: {
      endpointUrl: 'https://api.atlassian.com/me',
      fieldMapping: { subjectFields: ['account_id'], nameFields: ['name'], emailFields: ['email'] },
    },
  },
};
