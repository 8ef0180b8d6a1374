import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { AuthServer } from '../model/auth-server.js';
import { DURATION_BOUNDS } from '../model/bounds.js';
import { authenticates } from '../model/client-keys.js';
import { looksLikeAccount, SCOPES_OF_PEOPLE, type GrantedTokens } from '../model/client-grants.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { mcpEndpoints } from '../urls/mcp-endpoints.js';
import { administers } from './administration.js';
import type { Rule } from './rule.js';
import { within } from './time-bounds.js';

const CLIENTS: Path = ['authServer', 'clientRegistration', 'clients'];

type Client = AuthServer<unknown>['clientRegistration']['clients'][number];

/** Who gets tokens without a browser proves who it is, is no person, and gets them for what there is. */
export const clientGrants: Rule = (model) => {
  const clients = model.authServer?.clientRegistration.clients ?? [];
  return clients.flatMap((client, index) => {
    const path = [...CLIENTS, index];
    return [
      ...(['clientCredentials', 'tokenExchange', 'identityAssertions'] as const).flatMap((grant) =>
        grantFindings(client, grant, path, model),
      ),
      ...exchangeFindings(client, path, clients),
      ...assertionFindings(client, path),
      ...mayActFindings(client, path, clients),
      ...((client.clientCredentials ?? client.tokenExchange ?? client.identityAssertions) === undefined
        ? []
        : withoutSignIns(client, path)),
    ];
  });
};

function grantFindings(
  client: Client,
  grant: 'clientCredentials' | 'tokenExchange' | 'identityAssertions',
  path: Path,
  model: GatehouseModel,
): readonly Finding[] {
  const tokens = client[grant];
  if (tokens === undefined) return [];
  const block = [...path, grant];
  return [
    ...proven(client, path, block),
    // The subject of the third is the person.
    ...(grant === 'identityAssertions' ? [] : ownId(client, path, block)),
    ...(grant === 'clientCredentials' && administers(tokens, model)
      ? []
      : grantedTokens(tokens, block, model, grant === 'identityAssertions' ? RENEWING : SCOPES_OF_PEOPLE)),
  ];
}

/** Nothing renews a token for a person who was asserted. */
const RENEWING: readonly string[] = ['offline_access'];

const assertionFindings = ({ identityAssertions }: Client, path: Path): readonly Finding[] =>
  identityAssertions === undefined
    ? []
    : within(
        [...path, 'identityAssertions', 'lifespan'],
        identityAssertions.lifespanMs,
        DURATION_BOUNDS.delegatedToken,
      );

/** Whose tokens a delegate presents, and in whose name it acts. */
function exchangeFindings(
  { tokenExchange }: Client,
  path: Path,
  clients: readonly Client[],
): readonly Finding[] {
  if (tokenExchange === undefined) return [];
  const block = [...path, 'tokenExchange'];
  const { subjectClients, actors, lifespanMs } = tokenExchange;
  const findings: Finding[] = [...within([...block, 'lifespan'], lifespanMs, DURATION_BOUNDS.delegatedToken)];
  if (subjectClients.length === 0)
    findings.push({
      path: [...block, 'subjectClients'],
      message: 'Without a client whose people it acts for it gets no token.',
      instead: "['*'], or ids of clients",
    });
  if (subjectClients.includes('*') && subjectClients.length > 1)
    findings.push({ path: [...block, 'subjectClients'], message: '* means every client, and stands alone.' });
  for (const [index, actor] of actors.entries())
    if (
      !clients.some(
        ({ clientId, clientCredentials }) => clientId === actor && clientCredentials !== undefined,
      )
    )
      findings.push({
        path: [...block, 'actors', index],
        message: `${actor} is no client with clientCredentials, so it has no token of its own.`,
      });
  return findings;
}

function mayActFindings(
  { mayAct, redirectUris, ...grants }: Client,
  path: Path,
  clients: readonly Client[],
): readonly Finding[] {
  if (mayAct === undefined) return [];
  const isKnown = clients.some(
    ({ clientId, clientCredentials, tokenExchange }) =>
      clientId === mayAct && (clientCredentials ?? tokenExchange) !== undefined,
  );
  const message = !isKnown
    ? `${mayAct} is no client with tokenExchange or clientCredentials, so nobody could act.`
    : redirectUris.length === 0 && (grants.tokenExchange ?? grants.identityAssertions) === undefined
      ? 'No token of a person is given to a client to which nobody signs in and that acts for nobody, so this does nothing.'
      : undefined;
  return message === undefined ? [] : [{ path: [...path, 'mayAct'], message }];
}

function proven(client: Client, path: Path, block: Path): readonly Finding[] {
  if (authenticates(client)) return [];
  return [
    {
      path: block,
      related: [[...path, 'clientSecret']],
      message: 'Anybody could say that they are a client that proves nothing: it needs a secret or keys.',
      instead: 'clientSecret: { env: CLIENT_SECRET }',
    },
  ];
}

const ownId = ({ clientId }: Client, path: Path, block: Path): readonly Finding[] =>
  looksLikeAccount(clientId)
    ? [
        {
          path: [...path, 'clientId'],
          related: [block],
          message:
            'The subject of a client’s own token is its id, and those of people are UUIDs: it has to be told from them.',
          instead: 'a clientId that says what it is, such as nightly-report',
        },
      ]
    : [];

/** What is about sign-ins does nothing for a client that has none. */
function withoutSignIns(client: Client, path: Path): readonly Finding[] {
  if (client.redirectUris.length > 0 || client.deviceFlow === true) return [];
  const written: Readonly<Record<string, boolean>> = {
    postLogoutRedirectUris: (client.postLogoutRedirectUris ?? []).length > 0,
    backchannelLogoutUri: client.backchannelLogoutUri !== undefined,
    idTokenSignedResponseAlg: client.idTokenSignedResponseAlg !== undefined,
    requirePushedAuthorizationRequests: client.requirePushedAuthorizationRequests === true,
    requireSignedRequestObject: client.requireSignedRequestObject === true,
    pkce: client.pkce === 'optional',
  };
  return Object.keys(written)
    .filter((field) => written[field])
    .map((field) => ({
      path: [...path, field],
      related: [[...path, 'redirectUris']],
      message: 'Nobody signs in to a client without redirect URIs, so this does nothing.',
    }));
}

function grantedTokens(
  { resources, scopes }: GrantedTokens,
  block: Path,
  { authServer, resourceUrl, backends, views }: GatehouseModel,
  foreign: readonly string[],
): readonly Finding[] {
  const known = mcpEndpoints(resourceUrl, backends, views).map((endpoint) => endpoint.resourceUrl);
  const supported = authServer?.scopesSupported ?? [];
  const none: readonly Finding[] =
    resources.length > 0
      ? []
      : [
          {
            path: [...block, 'resources'],
            message: 'Tokens have to be for something.',
            instead: resourceUrl,
          },
        ];
  const unknown = resources.flatMap((resource, index): readonly Finding[] =>
    known.includes(resource)
      ? []
      : [
          {
            path: [...block, 'resources', index],
            message: 'Tokens are not issued for this: it is no MCP endpoint of this gateway.',
            instead: `one of ${known.join(', ')}`,
          },
        ],
  );
  return [
    ...none,
    ...unknown,
    ...scopes.flatMap((scope, index): readonly Finding[] => {
      const path = [...block, 'scopes', index];
      return foreign.includes(scope)
        ? [{ path, message: `${scope} is about a person who signs in, and nobody does here.` }]
        : scopeFinding(scope, path, supported);
    }),
  ];
}

function scopeFinding(scope: string, path: Path, supported: readonly string[]): readonly Finding[] {
  return supported.includes(scope)
    ? []
    : [
        {
          path,
          related: [['authServer', 'scopesSupported']],
          message: `${scope} is not in scopesSupported (${supported.join(', ')}).`,
        },
      ];
}
