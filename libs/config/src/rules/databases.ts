import type { Finding } from '../findings/problems.js';
import type { Rule } from './rule.js';
import { sameSecret } from './same-secret.js';

/** One database role per service, and one that owns the custody log. */
export const databases: Rule = ({ authServer, postgres }): readonly Finding[] => {
  const own = postgres.authorizationServer?.url;
  const { url, ownerUrl } = postgres.tokenVault;
  if (authServer !== undefined && own === undefined)
    return [
      {
        path: ['postgres', 'authorizationServer'],
        message: 'authServer needs a database.',
        instead: 'authorizationServer: { url: { env: AUTHORIZATION_SERVER_DATABASE_URL } }',
      },
    ];
  return [
    ...(own !== undefined && sameSecret(own, url)
      ? [
          {
            path: ['postgres', 'tokenVault', 'url'],
            message: 'This is the URL of the authorization server: each service needs a role of its own.',
          },
        ]
      : []),
    ...(ownerUrl !== undefined && sameSecret(ownerUrl, url)
      ? [
          {
            path: ['postgres', 'tokenVault', 'ownerUrl'],
            message: 'This is the role of the vault itself, which could then change the custody log.',
            instead:
              'the URL of a role that owns the tables (infra/postgres/token-vault-owner.sql), or no ownerUrl',
          },
        ]
      : []),
  ];
};
