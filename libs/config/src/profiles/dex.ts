import type { Profile } from './profile.js';

export const dex: Profile = {
  title: 'Dex',
  type: 'oidc',
  documentation: [
    'https://dexidp.io/docs/configuration/custom-scopes-claims-clients/',
    'https://dexidp.io/docs/configuration/tokens/',
  ],
  testedWith: '2.45.1',
  parameters: {
    baseUrl: { format: 'url', about: 'Dex’s `issuer`', example: 'https://dex.acme.example' },
  },
  notes: ['A connector that gives no refresh token gives none here either: then people sign in again.'],
  fields: {
    issuerUrl: '{baseUrl}',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
  },
};
