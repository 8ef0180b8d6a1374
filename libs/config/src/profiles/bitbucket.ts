import type { Profile } from './profile.js';

export const bitbucket: Profile = {
  title: 'Bitbucket Cloud',
  type: 'oauth2',
  documentation: [
    'https://developer.atlassian.com/cloud/bitbucket/oauth-2/',
    'https://support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud/',
  ],
  notes: [
    'Scopes are those of the consumer: none are asked for. It needs `account`. This is not the OAuth of `atlassian`.',
  ],
  fields: {
    authorizationEndpoint: 'https://bitbucket.org/site/oauth2/authorize',
    tokenEndpoint: 'https://bitbucket.org/site/oauth2/access_token',
    tokenEndpointAuthMethod: 'client_secret_basic',
    basicCredentials: 'plain',
    userInfo: {
      endpointUrl: 'https://api.bitbucket.org/2.0/user',
      fieldMapping: { subjectFields: ['uuid'], nameFields: ['display_name'], emailFields: [] },
    },
  },
};
