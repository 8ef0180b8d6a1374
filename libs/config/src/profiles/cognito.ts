import type { Profile } from './profile.js';

export const cognito: Profile = {
  title: 'Amazon Cognito',
  type: 'oidc',
  documentation: [
    'https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html',
    'https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html',
  ],
  parameters: {
    region: { format: 'pathPart', about: 'Region of the user pool', example: 'eu-central-1' },
    userPoolId: { format: 'pathPart', about: 'Id of the user pool', example: 'eu-central-1_AbCdEfGhI' },
  },
  notes: ['It has no `offline_access`: a refresh token comes with every code.'],
  fields: {
    issuerUrl: 'https://cognito-idp.{region}.amazonaws.com/{userPoolId}',
    tokenEndpointAuthMethod: 'client_secret_basic',
    basicCredentials: 'plain',
    scopes: ['openid', 'profile', 'email'],
  },
};
