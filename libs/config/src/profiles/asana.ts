import type { Profile } from './profile.js';

export const asana: Profile = {
  title: 'Asana',
  type: 'oauth2',
  documentation: [
    'https://developers.asana.com/docs/oauth',
    'https://developers.asana.com/docs/oauth-scopes',
  ],
  notes: [
    'For an app with its own set of scopes write those; `default` is for an app with full permissions.',
  ],
  fields: {
    authorizationEndpoint: 'https://app.asana.com/-/oauth_authorize',
    tokenEndpoint: 'https://app.asana.com/-/oauth_token',
    revocationEndpoint: 'https://app.asana.com/-/oauth_revoke',
    tokenEndpointAuthMethod: 'client_secret_post',
    scopes: ['default'],
    identityFromToken: {
      fieldMapping: {
        subjectFields: ['data.gid'],
        nameFields: ['data.name'],
        emailFields: ['data.email'],
      },
    },
  },
};
