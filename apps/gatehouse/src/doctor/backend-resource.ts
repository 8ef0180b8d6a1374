import type { TokenVaultPart, VmcpProxyPart } from '@gatehouse/config/parts';
import { namedUrl } from '../shown-text.js';
import { asked, objectOf, textOf, textsOf, type Party } from './asked.js';
import type { DoctorFinding } from './finding.js';
import { listed } from './recorded-checks.js';
import type { Recorded } from './recorded-tokens.js';

type Backend = VmcpProxyPart['backends'][number];
type Sets = readonly (readonly string[])[];

/** Whose tokens a backend gets, and for whom they are. */
export interface BackendTokens {
  readonly providers: TokenVaultPart['upstreamProviders'];
  /** For whom tokens are asked, as URLs, by backend (`asked-audiences.ts`). */
  readonly audiences: ReadonlyMap<string, readonly string[]>;
  /** For whom issued tokens were. */
  readonly recorded: () => Promise<Recorded>;
}

/** What was seen of a backend beside what is wrong. */
type Facts = readonly (readonly [what: string, is: string])[];

export interface ResourceSeen {
  readonly findings: readonly DoctorFinding[];
  readonly facts: Facts;
}

const NOTHING: ResourceSeen = { findings: [], facts: [] };

/** RFC 9728: what the backend says about whose tokens it takes, and for whom they must be. */
export async function resourceSeen(
  backend: Backend,
  headers: Headers,
  tokens: BackendTokens,
  party: Party,
): Promise<ResourceSeen> {
  const { name, url } = backend;
  const named = /resource_metadata="?([^",\s]+)/i.exec(headers.get('www-authenticate') ?? '')?.[1];
  const { origin, pathname } = new URL(url);
  const place = named ?? `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
  if (!URL.canParse(place)) return NOTHING;
  const answer = await asked(party, { url: place });
  // Nobody has to have such metadata.
  if (!answer.ok || answer.response.status !== 200) return NOTHING;
  const metadata = objectOf(answer.response) ?? {};
  const servers = serverFindings(backend, textsOf(metadata['authorization_servers']), tokens, party);
  const resource = textOf(metadata['resource']);
  if (resource === undefined) return { findings: servers, facts: [] };
  const issued = issuedFor(backend, await tokens.recorded());
  return {
    findings: [
      ...placeFindings(resource, url, party),
      ...askedFindings(resource, tokens.audiences.get(name) ?? [], backend, party),
      ...issuedFindings(resource, issued, backend, party),
      ...servers,
    ],
    facts: [
      ['audience that it wants', namedUrl(resource) ?? 'no URL'],
      ...(issued.length === 0 ? [] : [['audience of its tokens', listed(issued)] as const]),
    ],
  };
}

function placeFindings(resource: string, url: string, { about }: Party): readonly DoctorFinding[] {
  if (isSameOrAbove(resource, url)) return [];
  const { origin, pathname } = new URL(url);
  return [
    {
      name: 'backend-resource',
      about,
      cause:
        'Its metadata are about another resource: tokens for this URL have an audience that it does not take.',
      evidence: `Configured ${origin}${pathname}, and it names ${namedUrl(resource) ?? 'no URL'}.`,
      fix: 'Write the URL that it names, or let it name the one that is used.',
    },
  ];
}

/** Whether what is good for one of them is good for the other. */
const isCovered = (audience: string, resource: string): boolean =>
  isSameOrAbove(audience, resource) || isSameOrAbove(resource, audience);

function askedFindings(
  resource: string,
  wanted: readonly string[],
  { name }: Backend,
  { about }: Party,
): readonly DoctorFinding[] {
  if (wanted.length === 0 || wanted.some((one) => isCovered(one, resource))) return [];
  return [
    {
      name: 'backend-token-audience',
      about,
      cause: 'Its tokens are asked for another resource (RFC 8707): it takes none of them.',
      evidence: `It names ${namedUrl(resource) ?? 'no URL'}, and they are asked for ${wanted.join(', ')}.`,
      fix: `Write the resource that it names into outgoingAuth.backends.${name} (resource, audience or targetResource).`,
    },
  ];
}

/** For whom the tokens were that it got lately. */
function issuedFor({ name, strategy }: Backend, { providers, exchanges }: Recorded): Sets {
  if (strategy.type === 'upstreamInject')
    return providers.find(({ provider }) => provider === strategy.providerName)?.audiences ?? [];
  return exchanges.find(({ backend }) => backend === name)?.audiences ?? [];
}

const isWebUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '');

/** What the tokens themselves say (RFC 9068 section 3). Names that are no URLs only the backend understands. */
function issuedFindings(
  resource: string,
  issued: Sets,
  { name, strategy }: Backend,
  { about }: Party,
): readonly DoctorFinding[] {
  if (issued.length === 0 || !issued.flat().every(isWebUrl)) return [];
  if (issued.flat().some((one) => isCovered(one, resource))) return [];
  const isProviders = strategy.type === 'upstreamInject';
  return [
    {
      name: 'backend-issued-audience',
      about,
      cause:
        'The tokens that it gets are issued for somebody else (aud): a careful backend takes none of them.',
      evidence: `It names ${namedUrl(resource) ?? 'no URL'} as its resource, and tokens that were issued are for ${listed(issued)}.`,
      fix: isProviders
        ? `Let ${strategy.providerName} issue tokens for that resource (additionalAuthorizationParams with resource or audience, as its documentation has it), or exchange them: outgoingAuth.backends.${name} of type tokenExchange.`
        : `Write the resource that it names into outgoingAuth.backends.${name} (resource, audience or targetResource), and look whether the endpoint obeys it.`,
    },
  ];
}

function serverFindings(
  { strategy }: Backend,
  servers: readonly string[] | undefined,
  { providers }: BackendTokens,
  { about }: Party,
): readonly DoctorFinding[] {
  const provider =
    strategy.type === 'upstreamInject'
      ? providers.find((one) => one.name === strategy.providerName)
      : undefined;
  const issuer = provider?.protocol.type === 'oidc' ? provider.protocol.issuer : undefined;
  if (provider === undefined || issuer === undefined || servers === undefined || servers.includes(issuer))
    return [];
  return [
    {
      name: 'backend-authorization-server',
      about,
      cause: `It takes tokens of other authorization servers than ${provider.name}.`,
      evidence: `${issuer} is not among authorization_servers.`,
      fix: 'Use the provider whose tokens it takes, a tokenExchange, or a provider of type mcp.',
    },
  ];
}

/** RFC 8707: a token for what is above a URL is good below it. */
export function isSameOrAbove(resource: string, url: string): boolean {
  const [above, below] = [URL.parse(resource), URL.parse(url)];
  if (above === null || below === null || above.origin !== below.origin) return false;
  const path = above.pathname.replace(/\/+$/, '');
  return (
    below.pathname === above.pathname ||
    below.pathname.startsWith(`${path}/`) ||
    path === below.pathname.replace(/\/+$/, '')
  );
}
