import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import type { Finding } from '../findings/problems.js';
import type { Rule } from './rule.js';

/** One database role per service. */
export const databases: Rule = ({ authServer, postgres }): readonly Finding[] => {
  const own = postgres.authorizationServer?.url;
  const other = postgres.tokenVault.url;
  if (authServer !== undefined && own === undefined)
    return [
      {
        path: ['postgres', 'authorizationServer'],
        message: 'authServer needs a database.',
        instead: 'authorizationServer: { url: { env: AUTHORIZATION_SERVER_DATABASE_URL } }',
      },
    ];
  if (own?.resolved !== true || !other.resolved) return [];
  return equalsInConstantTime(own.secret.reveal(), other.secret.reveal())
    ? [
        {
          path: ['postgres', 'tokenVault', 'url'],
          message: 'This is the URL of the authorization server: each service needs a role of its own.',
        },
      ]
    : [];
};
