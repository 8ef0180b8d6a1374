import type { Finding } from '../findings/problems.js';
import type { Rule } from './rule.js';

/** Nothing may ask for a scope that the authorization server does not know. */
export const supportedScopes: Rule = ({ authServer, incomingAuth }) => {
  if (authServer === undefined) return [];
  const { scopesSupported, baselineClientScopes } = authServer;
  const related = [['authServer', 'scopesSupported']];
  const findings: Finding[] = baselineClientScopes.flatMap((scope, index) =>
    scopesSupported.includes(scope)
      ? []
      : [
          {
            path: ['authServer', 'baselineClientScopes', index],
            related,
            message: `${scope} is not in scopesSupported (${scopesSupported.join(', ')}).`,
          },
        ],
  );
  const advertised = incomingAuth.type === 'oidc' ? incomingAuth.oidc.scopes : [];
  findings.push(
    ...advertised.flatMap((scope, index) =>
      scopesSupported.includes(scope)
        ? []
        : [
            {
              path: ['incomingAuth', 'oidc', 'scopes', index],
              related,
              message: `${scope} is not in scopesSupported of authServer, so no client could obtain it.`,
            },
          ],
    ),
  );
  if (!scopesSupported.includes('openid'))
    findings.push({
      path: ['authServer', 'scopesSupported'],
      message: 'openid is always supported and must be listed.',
      instead: `[${['openid', ...scopesSupported].join(', ')}]`,
    });
  return findings;
};
