import type { Profile } from './profile.js';

export const okta: Profile = {
  title: 'Okta',
  type: 'oidc',
  documentation: [
    'https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/',
    'https://developer.okta.com/docs/guides/refresh-tokens/main/',
  ],
  parameters: {
    domain: { format: 'hostName', about: 'Host of the organisation', example: 'acme.okta.com' },
  },
  notes: [
    'For an authorization server of one’s own write `issuerUrl: https://acme.okta.com/oauth2/default` in the place of `domain`.',
  ],
  fields: {
    issuerUrl: 'https://{domain}',
    tokenEndpointAuthMethod: 'client_secret_post',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    clientAssertionAudience: 'tokenEndpoint',
  },
};
