import { redirectUriProblem } from '../urls/client-uris.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';

const PATH: Path = ['authServer', 'clientRegistration'];

/** The ways by which clients register are complete, and redirect URIs are places where a code may be sent. */
export const clientRegistration: Rule = ({ authServer }) => {
  if (authServer === undefined) return [];
  const { dynamic, initialAccessToken, metadataDocuments, redirectSchemes, clients } =
    authServer.clientRegistration;
  const findings: Finding[] = [];
  if (dynamic === 'initialAccessToken' && initialAccessToken === undefined)
    findings.push({
      path: [...PATH, 'initialAccessToken'],
      message: 'dynamic: initialAccessToken needs the token that clients must show.',
      instead: 'initialAccessToken: { env: INITIAL_ACCESS_TOKEN }',
    });
  if (dynamic !== 'initialAccessToken' && initialAccessToken !== undefined)
    findings.push({
      path: [...PATH, 'initialAccessToken'],
      related: [[...PATH, 'dynamic']],
      message: `With dynamic: ${dynamic} nobody asks for this token.`,
      instead: 'dynamic: initialAccessToken',
    });
  if (metadataDocuments.enabled && metadataDocuments.allowedHosts.length === 0)
    findings.push({
      path: [...PATH, 'metadataDocuments', 'allowedHosts'],
      message: 'No host is allowed, so no document would be accepted.',
      instead: "enabled: false, or allowedHosts: ['*']",
    });
  if (dynamic === 'off' && !metadataDocuments.enabled && clients.length === 0)
    findings.push({
      path: PATH,
      message: 'No client can become known: everything is off and none is pre-registered.',
    });
  return [
    ...findings,
    ...clients.flatMap(({ redirectUris }, index) => redirects(redirectUris, index, redirectSchemes)),
  ];
};

function redirects(uris: readonly string[], client: number, schemes: readonly string[]): readonly Finding[] {
  const path = [...PATH, 'clients', client, 'redirectUris'];
  if (uris.length === 0) return [{ path, message: 'A client needs at least one redirect URI.' }];
  return uris.flatMap((uri, index) => {
    if (uri.includes('*'))
      return [
        {
          path: [...path, index],
          message: 'A redirect URI has no *: it is compared exactly. Of http on localhost any port will do.',
          instead: 'each URI by itself',
        },
      ];
    const problem = redirectUriProblem(uri, schemes);
    return problem === undefined ? [] : [{ path: [...path, index], message: `A redirect URI ${problem}.` }];
  });
}
