import type { Profile } from './profile.js';

export const box: Profile = {
  title: 'Box',
  type: 'oauth2',
  documentation: [
    'https://developer.box.com/guides/authentication/oauth2/',
    'https://developer.box.com/reference/post-oauth2-token/',
    'https://developer.box.com/reference/post-oauth2-revoke/',
  ],
  notes: ['Scopes are those of the app: none are asked for. A refresh token is for one use, within 60 days.'],
  fields: {
    authorizationEndpoint: 'https://account.box.com/api/oauth2/authorize',
    tokenEndpoint: 'https://api.box.com/oauth2/token',
    revocationEndpoint: 'https://api.box.com/oauth2/revoke',
    tokenEndpointAuthMethod: 'client_secret_post',
    userInfo: {
      endpointUrl: 'https://api.box.com/2.0/users/me',
      fieldMapping: { subjectFields: ['id'], nameFields: ['name'], emailFields: ['login'] },
    },
  },
};
