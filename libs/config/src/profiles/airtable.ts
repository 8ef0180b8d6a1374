import type { Profile } from './profile.js';

export const airtable: Profile = {
  title: 'Airtable',
  type: 'oauth2',
  documentation: [
    'https://airtable.com/developers/web/api/oauth-reference',
    'https://airtable.com/developers/web/api/get-user-id-scopes',
  ],
  notes: ['A refresh token is replaced with each use and ends after 60 days without one.'],
  fields: {
    authorizationEndpoint: 'https://airtable.com/oauth2/v1/authorize',
    tokenEndpoint: 'https://airtable.com/oauth2/v1/token',
    tokenEndpointAuthMethod: 'client_secret_basic',
    basicCredentials: 'plain',
    scopes: ['user.email:read'],
    userInfo: {
      endpointUrl: 'https://api.airtable.com/v0/meta/whoami',
      fieldMapping: { subjectFields: ['id'], nameFields: ['email'], emailFields: ['email'] },
    },
  },
};
