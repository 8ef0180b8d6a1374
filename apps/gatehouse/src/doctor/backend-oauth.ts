import type { McpProtocol } from '@gatehouse/config/model/mcp-protocol';
import { bearerChallenge } from '@gatehouse/kernel/bearer-challenge';
import { namedUrl } from '../shown-text.js';
import { announcedFindings, endpointsOf, type Metadata } from './announced-metadata.js';
import { asked, clockFinding, objectOf, textOf, textsOf, type Party } from './asked.js';
import { INITIALIZE } from './backend-eras.js';
import { isSameOrAbove } from './backend-resource.js';
import type { DoctorFinding, Observe } from './finding.js';
import { clientFindings, type Provider } from './provider-client.js';
import { endpointFindings } from './provider-registration.js';

type McpProvider = Provider & { readonly protocol: McpProtocol };
type Findings = readonly DoctorFinding[];

/**
 * A provider that a backend names itself (docs/mcp-upstreams.md): its metadata, and whether this gateway can become a client there. Nobody
 * is registered.
 */
export async function backendOAuthFindings(
  provider: McpProvider,
  others: readonly Provider[],
  party: Party,
  observe: Observe,
): Promise<Findings> {
  const finding = findingOf(party);
  const named = await namedServers(provider, party);
  if (!named.ok) return named.findings;
  const { issuer } = provider.protocol;
  if (issuer !== undefined && !named.servers.some((one) => isSameIssuer(one, issuer)))
    return finding(
      'provider-not-named',
      'Its backend does not name the configured issuer: tokens of it would not be taken, and none is asked for.',
      `It names ${shownServers(named.servers)}, and ${issuer} is configured.`,
      'Write the issuer that the backend names into mcpConfig.issuer, or leave it out.',
    );
  const used = issuer ?? named.servers.find((server) => ownerOf(server, others) === undefined);
  if (used === undefined)
    return finding(
      'provider-of-another',
      'The authorization server that its backend names is that of another provider: no token is asked for there, since a backend could name any server.',
      `It names ${shownServers(named.servers)}, which is that of ${ownerOf(named.servers[0] ?? '', others) ?? 'nobody'}.`,
      'Write that issuer into mcpConfig.issuer, if the backend may use it.',
    );
  observe('authorization server', namedUrl(used) ?? 'no URL');
  return await serverFindings(provider, used, partyAt(provider, party, used));
}

const findingOf =
  ({ about }: Party) =>
  (name: string, cause: string, evidence: string, fix: string): Findings => [
    { name, about, cause, evidence, fix },
  ];

/** As the vault judges it (docs/mcp-upstreams.md). */
const ownerOf = (issuer: string, others: readonly Provider[]): string | undefined =>
  others.find(({ protocol }) => {
    if (protocol.issuer !== undefined) return isSameIssuer(protocol.issuer, issuer);
    return (
      protocol.type === 'oauth2' &&
      [protocol.authorizationEndpoint, protocol.tokenEndpoint].some(
        (url) => URL.parse(url)?.origin === URL.parse(issuer)?.origin,
      )
    );
  })?.name;

const shownServers = (servers: readonly string[]): string =>
  servers.map((one) => namedUrl(one) ?? 'no URL').join(', ') || 'none';

/** RFC 8414 section 3.3, but for the slash of an origin. */
const isSameIssuer = (one: string, other: string): boolean => slashless(one) === slashless(other);
const slashless = (issuer: string): string => issuer.replace(/^(https?:\/\/[^/?#]+)\/$/i, '$1');

/** What the configuration allows for the backend holds for its origin only. */
const partyAt = (provider: McpProvider, party: Party, url: string): Party =>
  URL.parse(url)?.origin === new URL(provider.protocol.url).origin
    ? { ...party, egress: { ...party.egress, ...provider.protocol.backendEgress } }
    : party;

type Named =
  | { readonly ok: true; readonly servers: readonly string[] }
  | { readonly ok: false; readonly findings: Findings };

/** RFC 9728: the authorization servers that the backend names, in its order. A backend of 2025-03-26 is its own. */
async function namedServers(provider: McpProvider, party: Party): Promise<Named> {
  const { url, resource = url } = provider.protocol;
  const challenge = await asked(partyAt(provider, party, url), {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify(INITIALIZE),
  });
  // That the backend does not answer is said of the backend.
  if (!challenge.ok) return { ok: false, findings: [] };
  const { resourceMetadata } = bearerChallenge(challenge.response.headers.get('www-authenticate'));
  const { origin, pathname } = new URL(url);
  const known = `${origin}/.well-known/oauth-protected-resource`;
  const places = [URL.parse(resourceMetadata ?? '')?.href, `${known}${pathname.replace(/\/$/, '')}`, known];
  for (const place of new Set(places.filter((one) => one !== undefined))) {
    const answer = await asked(partyAt(provider, party, place), { url: place });
    const metadata = answer.ok && answer.response.status === 200 ? objectOf(answer.response) : undefined;
    if (metadata === undefined) continue;
    const described = textOf(metadata['resource']);
    // A backend that names another one is given no token for that one (RFC 9728 section 7.3).
    if (described === undefined || !isSameOrAbove(described, resource))
      return {
        ok: false,
        findings: findingOf(party)(
          'provider-resource',
          'The metadata of its backend are of another resource: no token is asked for it (RFC 9728 section 3.3).',
          `It should be ${resource}, and is ${namedUrl(described) ?? 'none'}.`,
          'Write what it names into mcpConfig.resource, if it is this backend; or let the backend name its own URL.',
        ),
      };
    const servers = textsOf(metadata['authorization_servers']) ?? [];
    return { ok: true, servers: servers.length === 0 ? [origin] : servers };
  }
  return { ok: true, servers: [origin] };
}

async function serverFindings(provider: McpProvider, issuer: string, party: Party): Promise<Findings> {
  const finding = findingOf(party);
  if (!URL.canParse(issuer)) return missing(party, 'What it names is no URL.');
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  let evidence = '';
  for (const place of new Set([
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ])) {
    const answer = await asked(party, { url: place, headers: { accept: 'application/json' } });
    if (!answer.ok) return [answer.finding];
    const metadata = answer.response.status === 200 ? objectOf(answer.response) : undefined;
    evidence = `${origin} answers ${answer.response.status} to ${new URL(place).pathname}.`;
    if (metadata === undefined) continue;
    const clock = clockFinding(party, answer.skewMs);
    const named = textOf(metadata['issuer']);
    if (named === undefined || !isSameIssuer(named, issuer))
      return [
        ...clock,
        ...finding(
          'provider-issuer',
          'The metadata of its authorization server name another issuer: nobody could sign in (RFC 8414 section 3.3).',
          `It should be ${namedUrl(issuer) ?? 'no URL'}, and is ${namedUrl(named) ?? 'none'}.`,
          'Ask whoever runs the backend: both have to name the same issuer.',
        ),
      ];
    return [...clock, ...(await announcedBy(provider, metadata, party))];
  }
  return missing(party, evidence);
}

const missing = (party: Party, evidence: string): Findings =>
  findingOf(party)(
    'provider-metadata-missing',
    'The authorization server that its backend names has no metadata (RFC 8414): nobody could sign in.',
    evidence,
    'Ask whoever runs the backend, or write the server that it has into mcpConfig.issuer.',
  );

async function announcedBy(provider: McpProvider, metadata: Metadata, party: Party): Promise<Findings> {
  const finding = findingOf(party);
  const endpoints = endpointsOf(metadata);
  if (endpoints === undefined)
    return finding(
      'provider-endpoints-missing',
      'The metadata of its authorization server name no authorization or token endpoint.',
      'authorization_endpoint or token_endpoint is not there.',
      'Ask whoever runs the backend.',
    );
  const announced = announcedFindings(provider, metadata, { about: party.about });
  // What says nothing of PKCE has none (MCP, authorization code protection).
  const silent = textsOf(metadata['code_challenge_methods_supported']) === undefined;
  return [
    ...announced,
    ...(silent
      ? finding(
          'provider-no-pkce',
          'Its authorization server does not announce PKCE: clients of MCP have to refuse it.',
          'code_challenge_methods_supported is not there.',
          'Ask whoever runs the backend for S256, and its announcement.',
        )
      : []),
    ...(provider.clientId === ''
      ? await becomingFindings(provider, metadata, party)
      : await clientFindings(withResource(provider), endpoints, party)),
  ];
}

/** RFC 8707 section 2: each sign-in names the resource. */
const withResource = (provider: McpProvider): McpProvider => ({
  ...provider,
  additionalAuthorizationParams: {
    ...provider.additionalAuthorizationParams,
    resource: provider.protocol.resource ?? provider.protocol.url,
  },
});

/** How this gateway becomes a client: by its document, else by registration. */
async function becomingFindings(
  { protocol }: McpProvider,
  metadata: Metadata,
  party: Party,
): Promise<Findings> {
  const { clientMetadataUrl, dynamicRegistration } = protocol;
  if (clientMetadataUrl !== undefined && metadata['client_id_metadata_document_supported'] === true)
    return await documentFindings(clientMetadataUrl, party);
  const endpoint = textOf(metadata['registration_endpoint']);
  if (dynamicRegistration && endpoint !== undefined && URL.canParse(endpoint))
    return await endpointFindings(endpoint, party);
  return findingOf(party)(
    'provider-registration-missing',
    'This gateway cannot become a client there: nobody could sign in.',
    `Neither ${clientMetadataUrl === undefined ? 'a document of this gateway' : 'client_id_metadata_document_supported'} nor ${dynamicRegistration ? 'a registration_endpoint' : 'dynamicRegistration'} is there.`,
    'Register a client by hand, and write mcpConfig.clientId with its issuer.',
  );
}

/** The document by which this gateway is known there, as others fetch it. */
async function documentFindings(url: string, party: Party): Promise<Findings> {
  const open = { ...party, egress: { ...party.egress, allowPrivateIps: true } };
  const answer = await asked(open, { url, headers: { accept: 'application/json' } });
  const evidence = answer.ok ? `It answers ${answer.response.status}` : answer.finding.evidence;
  const named =
    answer.ok && answer.response.status === 200 ? objectOf(answer.response)?.['client_id'] : undefined;
  if (named === url) return [];
  return findingOf(party)(
    'provider-client-document',
    'The document that describes this gateway as a client is not where the authorization server looks for it.',
    `${url}: ${evidence}${answer.ok ? `, and names ${namedUrl(textOf(named)) ?? 'no client_id'}.` : ''}`,
    'Let the proxy in front send /oauth/client-metadata/ to the authorization server, or correct mcpConfig.clientMetadataUrl.',
  );
}
