import type { Profile } from './profile.js';

export const linear: Profile = {
  title: 'Linear',
  type: 'oauth2',
  documentation: [
    'https://linear.app/developers/oauth-2-0-authentication',
    'https://linear.app/developers/graphql',
  ],
  notes: ['Applications from before October 2025 may have no refresh tokens.'],
  fields: {
    authorizationEndpoint: 'https://linear.app/oauth/authorize',
    tokenEndpoint: 'https://api.linear.app/oauth/token',
    revocationEndpoint: 'https://api.linear.app/oauth/revoke',
    tokenEndpointAuthMethod: 'client_secret_post',
    scopeSeparator: 'comma',
    scopes: ['read'],
    userInfo: {
      endpointUrl: 'https://api.linear.app/graphql',
      method: 'POST',
      body: '{"query":"{ viewer { id name email } }"}',
      fieldMapping: {
        subjectFields: ['data.viewer.id'],
        nameFields: ['data.viewer.name'],
        emailFields: ['data.viewer.email'],
      },
    },
  },
};
