import type { Profile } from './profile.js';

export const auth0: Profile = {
  title: 'Auth0',
  type: 'oidc',
  documentation: [
    'https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow-with-pkce',
    'https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation',
  ],
  parameters: {
    domain: { format: 'hostName', about: 'Host of the tenant', example: 'acme.eu.auth0.com' },
  },
  notes: [
    'The access token is for an API only with `additionalAuthorizationParams: { audience: https://api.acme.example }`; without one it is opaque.',
    'The issuer ends in a slash. The API must allow offline access.',
  ],
  fields: {
    issuerUrl: 'https://{domain}/',
    tokenEndpointAuthMethod: 'client_secret_post',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
  },
};
