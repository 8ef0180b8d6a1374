import type { Finding } from '../problems.js';
import type { Path } from '../schema-tree.js';
import { isHttps, isLocalhost } from '../urls.js';
import type { Rule } from './rule.js';

const PATH: Path = ['authServer', 'clientRegistration'];

/** Clients can become known in the way that is written, and only to places where a code may be sent. */
export const clientRegistration: Rule = ({ authServer }) => {
  if (authServer === undefined) return [];
  const { dynamic, initialAccessToken, metadataDocuments, clients } = authServer.clientRegistration;
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
  return [...findings, ...clients.flatMap(({ redirectUris }, index) => redirects(redirectUris, index))];
};

function redirects(uris: readonly string[], client: number): readonly Finding[] {
  const path = [...PATH, 'clients', client, 'redirectUris'];
  if (uris.length === 0) return [{ path, message: 'A client needs at least one redirect URI.' }];
  return uris.flatMap((uri, index) =>
    mayReceiveCodes(uri)
      ? []
      : [
          {
            path: [...path, index],
            message:
              'A redirect URI is https, http on localhost, or of a private-use scheme (RFC 8252 section 7), without a fragment.',
          },
        ],
  );
}

/** Schemes that run or show content instead of handing a code to an application. */
const DANGEROUS = /^(javascript|data|vbscript|file|blob|about|ftp|ws|wss|mailto):/i;

const mayReceiveCodes = (uri: string): boolean =>
  URL.canParse(uri) &&
  !uri.includes('#') &&
  !DANGEROUS.test(uri) &&
  (isHttps(uri) || !/^http:/i.test(uri) || isLocalhost(uri));
