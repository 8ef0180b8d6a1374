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
  const { documents } = metadataDocuments;
  if (metadataDocuments.enabled === false && documents.length > 0)
    findings.push({
      path: [...PATH, 'metadataDocuments', 'documents'],
      related: [[...PATH, 'metadataDocuments', 'enabled']],
      message: 'With enabled: false no client is known by its document.',
      instead: 'enabled: auto',
    });
  if (
    metadataDocuments.enabled !== false &&
    metadataDocuments.allowedHosts.length === 0 &&
    documents.length === 0
  )
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
    ...documents.flatMap(({ clientId, redirectUris }, index) => [
      ...documentUrl(clientId, index, documents),
      ...redirects(redirectUris, [...DOCUMENTS, index], redirectSchemes),
    ]),
    ...clients.flatMap(({ redirectUris }, index) =>
      redirects(redirectUris, [...PATH, 'clients', index], redirectSchemes),
    ),
  ];
};

const DOCUMENTS: Path = [...PATH, 'metadataDocuments', 'documents'];
/** draft-ietf-oauth-client-id-metadata-document, section 3: https, a path, no dot segments, no fragment, no user name. */
const DOCUMENT_URL = /^https:\/\/[^\s/?#@\\]+\/(?!$)[^\s#\\]*$/;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:[/?]|$)/i;

function documentUrl(
  clientId: string,
  index: number,
  documents: readonly { readonly clientId: string }[],
): readonly Finding[] {
  const path = [...DOCUMENTS, index, 'clientId'];
  if (!URL.canParse(clientId) || !DOCUMENT_URL.test(clientId) || DOT_SEGMENT.test(clientId))
    return [
      {
        path,
        message:
          'The id of such a client is an https URL with a path, without dot segments, fragment and user name.',
      },
    ];
  const first = documents.findIndex((other) => other.clientId === clientId);
  return first < index
    ? [{ path, related: [[...DOCUMENTS, first, 'clientId']], message: 'This document is written twice.' }]
    : [];
}

function redirects(uris: readonly string[], client: Path, schemes: readonly string[]): readonly Finding[] {
  const path = [...client, 'redirectUris'];
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
