import type { Profile } from './profile.js';

export const zitadel: Profile = {
  title: 'ZITADEL',
  type: 'oidc',
  documentation: [
    'https://zitadel.com/docs/apis/openidoauth/endpoints',
    'https://zitadel.com/docs/apis/openidoauth/scopes',
  ],
  parameters: {
    domain: { format: 'hostName', about: 'Host of the instance', example: 'acme.zitadel.cloud' },
  },
  fields: {
    issuerUrl: 'https://{domain}',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
  },
};
