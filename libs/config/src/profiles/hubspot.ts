import type { Profile } from './profile.js';

export const hubspot: Profile = {
  title: 'HubSpot',
  type: 'oauth2',
  documentation: [
    'https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide',
    'https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth',
  ],
  notes: ['Scopes must be those of the app. Access tokens live 30 minutes.'],
  fields: {
    authorizationEndpoint: 'https://app.hubspot.com/oauth/authorize',
    tokenEndpoint: 'https://api.hubapi.com/oauth/v3/token',
    tokenEndpointAuthMethod: 'client_secret_post',
    scopes: ['oauth'],
    identityFromToken: {
      fieldMapping: { subjectFields: ['hub_id+user_id'], nameFields: [], emailFields: [] },
    },
  },
};
