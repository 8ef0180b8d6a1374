import { asked, textOf, textsOf, type Party } from './asked.js';
import type { DoctorFinding } from './finding.js';
import { messageIn } from './mcp-message.js';

/** The stateless revision, which has no `initialize`. */
export const MODERN_VERSION = '2026-07-28';
/** Those that the proxy speaks with a backend (`apps/vmcp-proxy/src/mcp/protocol.ts`). */
const LEGACY_VERSIONS: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

const CLIENT_INFO = { name: 'gatehouse-doctor', version: '1' };

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: LEGACY_VERSIONS[0], capabilities: {}, clientInfo: CLIENT_INFO },
};

const META = 'io.modelcontextprotocol/';

/** `params` of every request of the stateless revision. */
export const MODERN_PARAMS = {
  _meta: {
    [`${META}protocolVersion`]: MODERN_VERSION,
    [`${META}clientInfo`]: CLIENT_INFO,
    [`${META}clientCapabilities`]: {},
  },
};

export const modernHeaders = (
  headers: Readonly<Record<string, string>>,
  method: string,
): Readonly<Record<string, string>> => ({
  ...headers,
  'mcp-protocol-version': MODERN_VERSION,
  'mcp-method': method,
});

/** How a backend speaks MCP. */
export interface Spoken {
  /** What its answer to `initialize` names. Absent: it gave none. */
  readonly legacy?: string;
  /** What `server/discover` names; empty where it knows no such method. */
  readonly discovered: readonly string[];
}

/** Asks as a client of the stateless revision does. Servers of earlier ones refuse that in any way they like. */
export async function spokenBy(
  party: Party,
  url: string,
  headers: Readonly<Record<string, string>>,
  introduced: Readonly<Record<string, unknown>> | undefined,
): Promise<Spoken> {
  const method = 'server/discover';
  const answer = await asked(party, {
    url,
    method: 'POST',
    headers: modernHeaders(headers, method),
    body: JSON.stringify({ jsonrpc: '2.0', id: 3, method, params: MODERN_PARAMS }),
  });
  const result =
    answer.ok && answer.response.status < 300 ? messageIn(answer.response)?.['result'] : undefined;
  const discovered =
    typeof result === 'object' && result !== null && 'supportedVersions' in result
      ? (textsOf(result.supportedVersions) ?? [])
      : [];
  const legacy = textOf(introduced?.['protocolVersion']);
  return { ...(legacy === undefined ? {} : { legacy }), discovered };
}

export const speaksModern = ({ discovered }: Spoken): boolean => discovered.includes(MODERN_VERSION);
export const speaksLegacy = ({ legacy }: Spoken): boolean =>
  legacy !== undefined && LEGACY_VERSIONS.includes(legacy);

/** Every revision that it says to speak; those of others, too. */
export const revisionsOf = ({ legacy, discovered }: Spoken): readonly string[] => [
  ...new Set([...discovered, ...(legacy === undefined ? [] : [legacy])]),
];

export function eraFindings(spoken: Spoken, { about }: Party): readonly DoctorFinding[] {
  if (speaksModern(spoken) || speaksLegacy(spoken)) return [];
  return [
    {
      name: 'backend-revision-unknown',
      about,
      cause: 'It speaks no revision of MCP that this gateway speaks: its tools are not listed.',
      evidence: `It names ${revisionsOf(spoken).join(', ') || 'none'}; known are ${[MODERN_VERSION, ...LEGACY_VERSIONS].join(', ')}.`,
      fix: 'Use a release of the backend that speaks one of them, or a later one of Gatehouse.',
    },
  ];
}
