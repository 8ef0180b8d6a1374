import type { Profile } from './profile.js';

export const notion: Profile = {
  title: 'Notion',
  type: 'oauth2',
  documentation: [
    'https://developers.notion.com/docs/authorization',
    'https://developers.notion.com/reference/create-a-token',
    'https://developers.notion.com/reference/refresh-a-token',
    'https://developers.notion.com/reference/revoke-token',
  ],
  notes: ['What may be read is chosen by the person: there are no scopes.'],
  fields: {
    authorizationEndpoint: 'https://api.notion.com/v1/oauth/authorize',
    tokenEndpoint: 'https://api.notion.com/v1/oauth/token',
    revocationEndpoint: 'https://api.notion.com/v1/oauth/revoke',
    tokenEndpointAuthMethod: 'client_secret_basic',
    basicCredentials: 'plain',
    tokenRequestFormat: 'json',
    additionalAuthorizationParams: { owner: 'user' },
    identityFromToken: {
      fieldMapping: {
        subjectFields: ['owner.user.id'],
        nameFields: ['owner.user.name'],
        emailFields: ['owner.user.person.email'],
      },
    },
  },
};
