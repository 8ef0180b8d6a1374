import { injectedValue } from '@gatehouse/config/model/outgoing-auth';
import type { VmcpProxyPart } from '@gatehouse/config/parts';
import type { SafeResponse } from '@gatehouse/safe-fetch/safe-fetch';
import { asked, type Party } from './asked.js';
import {
  eraFindings,
  INITIALIZE,
  revisionsOf,
  speaksLegacy,
  speaksModern,
  spokenBy,
} from './backend-eras.js';
import { resourceSeen, type BackendTokens, type ResourceSeen } from './backend-resource.js';
import { modernToolsSeen, toolsSeen, type ToolsSeen } from './backend-tools.js';
import type { Check, DoctorFinding, Observe } from './finding.js';
import { listedNameFindings } from './listed-names.js';
import { messageIn } from './mcp-message.js';
import { once } from './once.js';

type Backend = VmcpProxyPart['backends'][number];

/** What was seen of one backend. */
interface Look extends ToolsSeen, ResourceSeen {}

/** Each backend with a URL, as the proxy reaches it; never with anybody's token. Then what clients see of all of them. */
export function backendChecks(
  { backends, aggregation }: Pick<VmcpProxyPart, 'backends' | 'aggregation'>,
  tokens: BackendTokens,
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
      run: async (observe: Observe) => {
        const { findings, facts } = await look();
        for (const [what, is] of facts) observe(what, is);
        return findings;
      },
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

/** Without a list of tools. */
const only = (...findings: readonly DoctorFinding[]): Look => ({ findings, tools: [], facts: [] });

async function lookAt(backend: Backend, tokens: BackendTokens, withinMs: number): Promise<Look> {
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
    return { tools: [], ...(await refused(backend, response.headers, tokens, party, finding)) };
  if (response.status >= 300 && response.status < 400)
    return only(
      finding(
        'backend-redirects',
        'It redirects, and a credential does not follow a redirect.',
        'Write the URL that it redirects to.',
      ),
    );
  if (response.status >= 500) return only(finding('backend-failing', 'It fails.', 'Look into its log.'));
  return await inEras(backend, { party, headers, finding }, response);
}

interface Asking {
  readonly party: Party;
  readonly headers: Readonly<Record<string, string>>;
  readonly finding: Said;
}

/** In each era that it speaks: what it answers to `initialize`, and to clients that begin without it. */
async function inEras(
  { strategy, url }: Backend,
  { party, headers, finding }: Asking,
  response: SafeResponse,
): Promise<Look> {
  const result = response.status < 400 ? messageIn(response)?.['result'] : undefined;
  const introduced =
    typeof result === 'object' && result !== null ? (result as Readonly<Record<string, unknown>>) : undefined;
  const spoken = await spokenBy(party, url, headers, introduced);
  if (introduced === undefined && spoken.discovered.length === 0)
    return (await isOldTransport(party, url))
      ? only()
      : only(
          finding(
            'backend-not-mcp',
            'What answers there does not speak MCP.',
            'Write the URL of its MCP endpoint; it is often /mcp.',
          ),
        );
  const facts = [['revisions of MCP', revisionsOf(spoken).join(', ')]] as const;
  const unknown = eraFindings(spoken, party);
  // A person's list may be another one; a backend that asks nobody has one list.
  if (unknown.length > 0 || (strategy.type !== 'unauthenticated' && strategy.type !== 'headerInjection'))
    return { findings: unknown, tools: [], facts };
  const session = response.headers.get('mcp-session-id');
  const legacy = speaksLegacy(spoken) ? await toolsSeen(party, { url, headers, session }) : undefined;
  const modern = speaksModern(spoken) ? await modernToolsSeen(party, { url, headers }) : undefined;
  return {
    // What is wrong with a tool is wrong in both eras, and said once.
    findings: [
      ...((legacy ?? modern)?.findings ?? []),
      ...(legacy === undefined ? [] : (modern?.refused ?? [])),
    ],
    tools: [...new Set([...(legacy?.tools ?? []), ...(modern?.tools ?? [])])],
    facts,
  };
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
  tokens: BackendTokens,
  party: Party,
  finding: Said,
): Promise<ResourceSeen> {
  const { strategy } = backend;
  if (strategy.type === 'unauthenticated')
    return only(
      finding(
        'backend-needs-credential',
        'It asks for a credential, and it is given none.',
        `Write a strategy under outgoingAuth.backends.${backend.name}; for a server with OAuth of its own, a provider of type mcp.`,
      ),
    );
  if (strategy.type === 'headerInjection')
    return only(
      finding(
        'backend-credential-refused',
        'It refuses the credential that it is given.',
        `Write the value that is valid now into the secret of outgoingAuth.backends.${backend.name}, with its scheme (Bearer …) if it needs one.`,
      ),
    );
  return await resourceSeen(backend, headers, tokens, party);
}
