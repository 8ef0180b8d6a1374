import type { Profile } from './profile.js';

export const gitlab: Profile = {
  title: 'GitLab',
  type: 'oidc',
  documentation: [
    'https://docs.gitlab.com/integration/openid_connect_provider/',
    'https://docs.gitlab.com/api/oauth2/',
  ],
  parameters: {
    baseUrl: {
      format: 'baseUrl',
      about: 'Where GitLab is',
      example: 'https://gitlab.acme.example',
      fallback: 'https://gitlab.com',
    },
  },
  notes: [
    'Add the scopes of the API that the backend uses, such as `api` or `read_api`. A refresh token comes without being asked for, and is replaced with each use.',
  ],
  fields: {
    issuerUrl: '{baseUrl}',
    tokenEndpointAuthMethod: 'client_secret_post',
    scopes: ['openid', 'profile', 'email'],
  },
};
