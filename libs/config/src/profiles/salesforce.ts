import type { Profile } from './profile.js';

export const salesforce: Profile = {
  title: 'Salesforce',
  type: 'oidc',
  documentation: [
    'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm',
    'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid_discovery_endpoint.htm',
    'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm',
  ],
  parameters: {
    domain: {
      format: 'hostName',
      about: 'Host of My Domain, or `test.salesforce.com` for sandboxes',
      example: 'acme.my.salesforce.com',
      fallback: 'login.salesforce.com',
    },
  },
  notes: [
    'It does not say how long an access token lives: a token is renewed when a backend refuses it.',
    'The scope for refresh tokens is `refresh_token`.',
  ],
  fields: {
    issuerUrl: 'https://{domain}',
    tokenEndpointAuthMethod: 'client_secret_post',
    scopes: ['openid', 'profile', 'email', 'api', 'refresh_token'],
  },
};
