import type { Profile } from './profile.js';

export const keycloak: Profile = {
  title: 'Keycloak',
  type: 'oidc',
  documentation: [
    'https://www.keycloak.org/securing-apps/oidc-layers',
    'https://www.keycloak.org/docs/latest/server_admin/index.html#_offline-access',
  ],
  testedWith: '26.7.3',
  parameters: {
    baseUrl: {
      format: 'baseUrl',
      about: 'Where Keycloak is, without the realm',
      example: 'https://sso.acme.example',
    },
    realm: { format: 'pathPart', about: 'Name of the realm', example: 'acme' },
  },
  notes: [
    'With `offline_access` the grant outlives the person’s session at Keycloak; without it, refresh tokens end with that session.',
  ],
  fields: {
    issuerUrl: '{baseUrl}/realms/{realm}',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
  },
};
