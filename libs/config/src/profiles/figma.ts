import type { Profile } from './profile.js';

export const figma: Profile = {
  title: 'Figma',
  type: 'oauth2',
  documentation: [
    'https://developers.figma.com/docs/rest-api/authentication',
    'https://developers.figma.com/docs/rest-api/scopes/',
  ],
  notes: ['Keep `current_user:read` beside the scopes of files. A refresh has an endpoint of its own.'],
  fields: {
    authorizationEndpoint: 'https://www.figma.com/oauth',
    tokenEndpoint: 'https://api.figma.com/v1/oauth/token',
    refreshEndpoint: 'https://api.figma.com/v1/oauth/refresh',
    tokenEndpointAuthMethod: 'client_secret_basic',
    basicCredentials: 'plain',
    scopes: ['current_user:read'],
    userInfo: {
      endpointUrl: 'https://api.figma.com/v1/me',
      fieldMapping: { subjectFields: ['id'], nameFields: ['handle'], emailFields: ['email'] },
    },
  },
};
