import type { Profile } from './profile.js';

export const hydra: Profile = {
  title: 'Ory Hydra',
  type: 'oidc',
  documentation: [
    'https://www.ory.sh/docs/oauth2-oidc/authorization-code-flow',
    'https://www.ory.sh/docs/oauth2-oidc/refresh-token-grant',
  ],
  testedWith: '2.3.0',
  parameters: {
    baseUrl: {
      format: 'url',
      about: 'Hydra’s public issuer (`urls.self.issuer`), with its slash if it has one',
      example: 'https://auth.acme.example/',
    },
  },
  notes: ['A refresh token that is used twice ends the whole chain; Gatehouse never does.'],
  fields: {
    issuerUrl: '{baseUrl}',
    scopes: ['openid', 'offline_access'],
  },
};
