import type { Profile } from './profile.js';

export const discord: Profile = {
  title: 'Discord',
  type: 'oauth2',
  documentation: [
    'https://docs.discord.com/developers/topics/oauth2',
    'https://docs.discord.com/developers/resources/user',
  ],
  notes: ['Keep `identify`. Access tokens live 7 days.'],
  fields: {
    authorizationEndpoint: 'https://discord.com/oauth2/authorize',
    tokenEndpoint: 'https://discord.com/api/oauth2/token',
    revocationEndpoint: 'https://discord.com/api/oauth2/token/revoke',
    tokenEndpointAuthMethod: 'client_secret_basic',
    basicCredentials: 'plain',
    scopes: ['identify', 'email'],
    userInfo: {
      endpointUrl: 'https://discord.com/api/users/@me',
      fieldMapping: {
        subjectFields: ['id'],
        nameFields: ['global_name', 'username'],
        emailFields: ['email'],
      },
    },
  },
};
