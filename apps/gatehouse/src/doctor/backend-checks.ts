import { injectedValue } from '@gatehouse/config/model/outgoing-auth';
import type { TokenVaultPart, VmcpProxyPart } from '@gatehouse/config/parts';
import { namedUrl } from '../shown-text.js';
import { asked, objectOf, textOf, textsOf, type Party } from './asked.js';
import { toolsSeen, type ToolsSeen } from './backend-tools.js';
import type { Check, DoctorFinding } from './finding.js';
import { listedNameFindings } from './listed-names.js';
import { messageIn } from './mcp-message.js';

type Backend = VmcpProxyPart['backends'][number];

/** What the vault asks for. */
interface AskedTokens {
  readonly providers: TokenVaultPart['upstreamProviders'];
  /** For whom, as URLs, by backend (`asked-audiences.ts`). */
  readonly audiences: ReadonlyMap<string, readonly string[]>;
}

/** Each backend with a URL, as the proxy reaches it; never with anybody's token. Then what clients see of all of them. */
export function backendChecks(
  { backends, aggregation }: Pick<VmcpProxyPart, 'backends' | 'aggregation'>,
  tokens: AskedTokens,
  withinMs: number,
): readonly Check[] {
  const looks = backends.map((backend) => ({
    backend,
    // Both checks wait for one look.
    look: once(async () => await lookAt(backend, tokens, withinMs)),
  }));
  return [
    ...looks.map(({ backend, look }) => ({
      about: `backend ${backend.name}`,
      run: async () => (await look()).findings,
    })),
    {
      about: 'tools that clients see',
      run: async () => {
        // What is wrong with a look is said where it is taken.
        const seen = await Promise.allSettled(looks.map(async ({ look }) => (await look()).tools));
        const lists = looks.map(({ backend }, index) => {
          const one = seen[index];
          return { backend: backend.name, tools: one?.status === 'fulfilled' ? one.value : [] };
        });
        return listedNameFindings(aggregation, lists);
      },
    },
  ];
}

function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let begun: Promise<Value> | undefined;
  return () => (begun ??= work());
}

/** Without a list of tools. */
const only = (...findings: readonly DoctorFinding[]): ToolsSeen => ({ findings, tools: [] });

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'gatehouse-doctor', version: '1' },
  },
};

async function lookAt(backend: Backend, tokens: AskedTokens, withinMs: number): Promise<ToolsSeen> {
  const party: Party = { kind: 'backend', about: `backend ${backend.name}`, egress: backend, withinMs };
  const { strategy, url } = backend;
  // What the old transport, or the bridge, is asked for is not asked here: that it answers is enough.
  const isOther = backend.bridge !== undefined || backend.transport === 'sse';
  const own =
    strategy.type === 'headerInjection' ? { [strategy.headerName]: injectedValue(strategy).reveal() } : {};
  const headers = {
    ...own,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const answer = await asked(
    party,
    isOther
      ? { url: new URL(url).origin }
      : { url, method: 'POST', headers, body: JSON.stringify(INITIALIZE) },
  );
  if (!answer.ok) return only(answer.finding);
  if (isOther) return only();
  const { response } = answer;
  const finding = (name: string, cause: string, fix: string): DoctorFinding => ({
    name,
    about: party.about,
    cause,
    evidence: `${new URL(url).origin} answers ${response.status} to initialize.`,
    fix,
  });
  if (response.status === 401 || response.status === 403)
    return only(...(await refused(backend, response.headers, tokens, party, finding)));
  if (response.status >= 300 && response.status < 400)
    return only(
      finding(
        'backend-redirects',
        'It redirects, and a credential does not follow a redirect.',
        'Write the URL that it redirects to.',
      ),
    );
  if (response.status >= 500) return only(finding('backend-failing', 'It fails.', 'Look into its log.'));
  const result = messageIn(response)?.['result'];
  if (response.status >= 400 || typeof result !== 'object' || result === null)
    return (await isOldTransport(party, url))
      ? only()
      : only(
          finding(
            'backend-not-mcp',
            'What answers there does not speak MCP.',
            'Write the URL of its MCP endpoint; it is often /mcp.',
          ),
        );
  // A person's list may be another one; a backend that asks nobody has one list.
  return strategy.type === 'unauthenticated' || strategy.type === 'headerInjection'
    ? await toolsSeen(party, { url, headers, session: response.headers.get('mcp-session-id') })
    : only();
}

/** HTTP with SSE of MCP 2024-11-05: the proxy finds that out by itself. */
async function isOldTransport(party: Party, url: string): Promise<boolean> {
  const answer = await asked(party, { url, headers: { accept: 'text/event-stream' } });
  // Its stream has no end, so no answer comes in time.
  return answer.ok
    ? (answer.response.headers.get('content-type') ?? '').startsWith('text/event-stream')
    : answer.finding.name === 'backend-no-answer';
}

type Said = (name: string, cause: string, fix: string) => DoctorFinding;

async function refused(
  backend: Backend,
  headers: Headers,
  tokens: AskedTokens,
  party: Party,
  finding: Said,
): Promise<readonly DoctorFinding[]> {
  const { strategy } = backend;
  if (strategy.type === 'unauthenticated')
    return [
      finding(
        'backend-needs-credential',
        'It asks for a credential, and it is given none.',
        `Write a strategy under outgoingAuth.backends.${backend.name}; for a server with OAuth of its own, a provider of type mcp.`,
      ),
    ];
  if (strategy.type === 'headerInjection')
    return [
      finding(
        'backend-credential-refused',
        'It refuses the credential that it is given.',
        `Write the value that is valid now into the secret of outgoingAuth.backends.${backend.name}, with its scheme (Bearer …) if it needs one.`,
      ),
    ];
  return await resourceFindings(backend, headers, tokens, party);
}

/** RFC 9728: what the backend says about whose tokens it takes, and for whom they must be. */
async function resourceFindings(
  { name, url, strategy }: Backend,
  headers: Headers,
  { providers, audiences }: AskedTokens,
  party: Party,
): Promise<readonly DoctorFinding[]> {
  const named = /resource_metadata="?([^",\s]+)/i.exec(headers.get('www-authenticate') ?? '')?.[1];
  const { origin, pathname } = new URL(url);
  const place = named ?? `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
  if (!URL.canParse(place)) return [];
  const answer = await asked(party, { url: place });
  // Nobody has to have such metadata.
  if (!answer.ok || answer.response.status !== 200) return [];
  const metadata = objectOf(answer.response) ?? {};
  const findings: DoctorFinding[] = [];
  const resource = textOf(metadata['resource']);
  if (resource !== undefined && !isSameOrAbove(resource, url))
    findings.push({
      name: 'backend-resource',
      about: party.about,
      cause:
        'Its metadata are about another resource: tokens for this URL have an audience that it does not take.',
      evidence: `Configured ${origin}${pathname}, and it names ${namedUrl(resource) ?? 'no URL'}.`,
      fix: 'Write the URL that it names, or let it name the one that is used.',
    });
  const wanted = audiences.get(name) ?? [];
  if (
    resource !== undefined &&
    wanted.length > 0 &&
    !wanted.some((one) => isSameOrAbove(one, resource) || isSameOrAbove(resource, one))
  )
    findings.push({
      name: 'backend-token-audience',
      about: party.about,
      cause: 'Its tokens are asked for another resource (RFC 8707): it takes none of them.',
      evidence: `It names ${namedUrl(resource) ?? 'no URL'}, and they are asked for ${wanted.join(', ')}.`,
      fix: `Write the resource that it names into outgoingAuth.backends.${name} (resource, audience or targetResource).`,
    });
  const servers = textsOf(metadata['authorization_servers']);
  const provider =
    strategy.type === 'upstreamInject'
      ? providers.find((one) => one.name === strategy.providerName)
      : undefined;
  const issuer = provider?.protocol.type === 'oidc' ? provider.protocol.issuer : undefined;
  if (provider !== undefined && issuer !== undefined && servers !== undefined && !servers.includes(issuer))
    findings.push({
      name: 'backend-authorization-server',
      about: party.about,
      cause: `It takes tokens of other authorization servers than ${provider.name}.`,
      evidence: `${issuer} is not among authorization_servers.`,
      fix: 'Use the provider whose tokens it takes, a tokenExchange, or a provider of type mcp.',
    });
  return findings;
}

/** RFC 8707: a token for what is above a URL is good below it. */
function isSameOrAbove(resource: string, url: string): boolean {
  const [above, below] = [URL.parse(resource), URL.parse(url)];
  if (above === null || below === null || above.origin !== below.origin) return false;
  const path = above.pathname.replace(/\/+$/, '');
  return (
    below.pathname === above.pathname ||
    below.pathname.startsWith(`${path}/`) ||
    path === below.pathname.replace(/\/+$/, '')
  );
}
