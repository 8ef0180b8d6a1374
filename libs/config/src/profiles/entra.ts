import { REQUESTED_SCOPES, type Profile } from './profile.js';

const DOCUMENTATION = [
  'https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc',
  'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
  'https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials',
];

const COMMON = {
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  refreshScope: [REQUESTED_SCOPES],
  tokenEndpointAuthMethod: 'client_secret_post' as const,
  clientAssertionAudience: 'tokenEndpoint' as const,
};

export const entra: Profile = {
  title: 'Microsoft Entra ID, one tenant',
  type: 'oidc',
  documentation: DOCUMENTATION,
  parameters: {
    tenant: {
      format: 'directoryId',
      about: 'Directory (tenant) ID',
      example: '6babcaad-604b-40ac-a9d7-9fd97c0b779f',
    },
  },
  notes: [
    'A token is for one resource: write the scopes of that one (`api://tickets/.default`), beside `openid` and `offline_access`. They are sent with each refresh, since the new token would be for another resource otherwise.',
    'Nothing revokes a grant: an ended connection is forgotten here, and its refresh token expires there.',
  ],
  fields: {
    issuerUrl: 'https://login.microsoftonline.com/{tenant}/v2.0',
    ...COMMON,
  },
};

export const entraOrganizations: Profile = {
  title: 'Microsoft Entra ID, every tenant',
  type: 'oidc',
  documentation: DOCUMENTATION,
  notes: [
    'Everybody with a work or school account of any tenant can sign in. For one tenant, take `entra`.',
    'As with `entra`, a token is for one resource, and nothing revokes a grant.',
  ],
  fields: {
    issuerUrl: 'https://login.microsoftonline.com/organizations/v2.0',
    issuerTemplate: 'https://login.microsoftonline.com/{tenantid}/v2.0',
    ...COMMON,
  },
};
