import { DURATION_BOUNDS } from '../model/bounds.js';
import { authenticates } from '../model/client-keys.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { mcpEndpoints } from '../urls/mcp-endpoints.js';
import { redirectUriProblem } from '../urls/client-uris.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';
import { within } from './time-bounds.js';

const PATH: Path = ['authServer', 'clientRegistration'];

/** The ways by which clients register are complete, and redirect URIs are places where a code may be sent. */
export const clientRegistration: Rule = (model) => {
  const { authServer } = model;
  if (authServer === undefined) return [];
  const { dynamic, initialAccessToken, metadataDocuments, redirectSchemes, clients } =
    authServer.clientRegistration;
  const { unusedClientLifespanMs } = authServer.clientRegistration;
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
    ...within([...PATH, 'unusedClientLifespan'], unusedClientLifespanMs, DURATION_BOUNDS.unusedClient),
    ...documents.flatMap(({ clientId, redirectUris }, index) => [
      ...documentUrl(clientId, index, documents),
      ...redirects(redirectUris, [...DOCUMENTS, index], redirectSchemes),
    ]),
    ...clientPlaces(clients, redirectSchemes),
    ...introspecting(model),
    ...logoutTokens(clients),
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
  return places(uris, path, schemes);
}

function places(uris: readonly string[], path: Path, schemes: readonly string[]): readonly Finding[] {
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

/** Who asks about tokens proves who it is, and asks about tokens that there can be. */
function introspecting({ authServer, resourceUrl, backends, views }: GatehouseModel): readonly Finding[] {
  const resources = mcpEndpoints(resourceUrl, backends, views).map((endpoint) => endpoint.resourceUrl);
  return (authServer?.clientRegistration.clients ?? []).flatMap((written, index) => {
    const { introspection } = written;
    if (introspection === undefined) return [];
    const client = [...PATH, 'clients', index];
    const path = [...client, 'introspection'];
    const isPublic: readonly Finding[] = authenticates(written)
      ? []
      : [
          {
            path,
            related: [[...client, 'clientSecret']],
            message: 'A client that proves nothing would learn of tokens that it found: it needs a secret.',
            instead: 'clientSecret: { env: CLIENT_SECRET }',
          },
        ];
    const unknown = introspection.resources.flatMap((resource, at): readonly Finding[] =>
      resources.includes(resource)
        ? []
        : [
            {
              path: [...path, 'resources', at],
              message: 'Tokens are not issued for this: it is no MCP endpoint of this gateway.',
              instead: `one of ${resources.join(', ')}`,
            },
          ],
    );
    return [...isPublic, ...unknown];
  });
}

const clientPlaces = (
  clients: readonly {
    readonly redirectUris: readonly string[];
    readonly postLogoutRedirectUris?: readonly string[];
    readonly deviceFlow?: boolean;
    readonly clientCredentials?: unknown;
    readonly tokenExchange?: unknown;
    readonly identityAssertions?: unknown;
  }[],
  schemes: readonly string[],
): readonly Finding[] =>
  clients.flatMap(({ redirectUris, postLogoutRedirectUris = [], ...grants }, index) => {
    const client = [...PATH, 'clients', index];
    const { deviceFlow, clientCredentials, tokenExchange, identityAssertions } = grants;
    const hasOther =
      deviceFlow === true || (clientCredentials ?? tokenExchange ?? identityAssertions) !== undefined;
    return [
      ...(redirectUris.length === 0 && hasOther ? [] : redirects(redirectUris, client, schemes)),
      ...places(postLogoutRedirectUris, [...client, 'postLogoutRedirectUris'], schemes),
    ];
  });

/** Where tokens about logouts are posted. */
const logoutTokens = (clients: readonly { readonly backchannelLogoutUri?: string }[]): readonly Finding[] =>
  clients.flatMap(({ backchannelLogoutUri: uri }, index) => {
    if (uri === undefined || (/^https?:/i.test(uri) && redirectUriProblem(uri, []) === undefined)) return [];
    const path = [...PATH, 'clients', index, 'backchannelLogoutUri'];
    return [{ path, message: 'Logout tokens are posted to https, or to http on localhost.' }];
  });
