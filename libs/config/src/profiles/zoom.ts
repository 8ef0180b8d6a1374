import type { Profile } from './profile.js';

export const zoom: Profile = {
  title: 'Zoom',
  type: 'oauth2',
  documentation: [
    'https://developers.zoom.us/docs/integrations/oauth/',
    'https://developers.zoom.us/docs/api/users/',
  ],
  notes: [
    'Scopes are those of the app: none are asked for. It needs `user:read:user`. A refresh token is replaced with each use.',
  ],
  fields: {
    authorizationEndpoint: 'https://zoom.us/oauth/authorize',
    tokenEndpoint: 'https://zoom.us/oauth/token',
    revocationEndpoint: 'https://zoom.us/oauth/revoke',
    tokenEndpointAuthMethod: 'client_secret_basic',
    basicCredentials: 'plain',
    userInfo: {
      endpointUrl: 'https://api.zoom.us/v2/users/me',
      fieldMapping: {
        subjectFields: ['id'],
        nameFields: ['display_name', 'first_name'],
        emailFields: ['email'],
      },
    },
  },
};
