import type { Profile } from './profile.js';

export const google: Profile = {
  title: 'Google',
  type: 'oidc',
  documentation: [
    'https://developers.google.com/identity/openid-connect/openid-connect',
    'https://developers.google.com/identity/protocols/oauth2/web-server',
  ],
  notes: [
    'A refresh token comes with `access_type=offline` alone, and again only with `prompt=consent`: both are sent.',
    'Projects in testing get refresh tokens of 7 days.',
  ],
  fields: {
    issuerUrl: 'https://accounts.google.com',
    tokenEndpointAuthMethod: 'client_secret_post',
    scopes: ['openid', 'profile', 'email'],
    additionalAuthorizationParams: { access_type: 'offline', prompt: 'consent' },
  },
};
