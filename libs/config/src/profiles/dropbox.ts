import type { Profile } from './profile.js';

export const dropbox: Profile = {
  title: 'Dropbox',
  type: 'oauth2',
  documentation: [
    'https://developers.dropbox.com/oauth-guide',
    'https://www.dropbox.com/developers/documentation/http/documentation#users-get_current_account',
  ],
  notes: ['Keep `account_info.read` beside the scopes of files. Access tokens live 4 hours.'],
  fields: {
    authorizationEndpoint: 'https://www.dropbox.com/oauth2/authorize',
    tokenEndpoint: 'https://api.dropboxapi.com/oauth2/token',
    tokenEndpointAuthMethod: 'client_secret_post',
    scopes: ['account_info.read'],
    additionalAuthorizationParams: { token_access_type: 'offline' },
    userInfo: {
      endpointUrl: 'https://api.dropboxapi.com/2/users/get_current_account',
      method: 'POST',
      fieldMapping: {
        subjectFields: ['account_id'],
        nameFields: ['name.display_name'],
        emailFields: ['email'],
      },
    },
  },
};
