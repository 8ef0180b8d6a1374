import { plainName } from '@gatehouse/kernel/short-name';
import type { SafeResponse } from '@gatehouse/safe-fetch/safe-fetch';
import { asked, textOf, type Party } from './asked.js';
import { MODERN_PARAMS, MODERN_VERSION, modernHeaders } from './backend-eras.js';
import type { DoctorFinding } from './finding.js';
import { messageIn } from './mcp-message.js';

interface Session {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly session: string | null;
}

type Tool = Readonly<Record<string, unknown>>;

export interface ToolsSeen {
  readonly findings: readonly DoctorFinding[];
  /** By the backend's own names. */
  readonly tools: readonly string[];
}

/** The tools of a backend, and what is wrong with them. */
export async function toolsSeen(party: Party, { url, headers, session }: Session): Promise<ToolsSeen> {
  const inSession = {
    ...headers,
    'mcp-protocol-version': '2025-11-25',
    ...(session === null ? {} : { 'mcp-session-id': session }),
  };
  const send = async (message: object) =>
    await asked(party, {
      url,
      method: 'POST',
      headers: inSession,
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
  await send({ method: 'notifications/initialized' });
  const answer = await send({ id: 2, method: 'tools/list' });
  if (session !== null) await asked(party, { url, method: 'DELETE', headers: inSession });
  if (!answer.ok) return { findings: [answer.finding], tools: [] };
  return judged(party, listedIn(answer.response) ?? []);
}

/** The same by the stateless revision (MCP 2026-07-28). `refused`: it says to speak that, and does not list its tools by it. */
export async function modernToolsSeen(
  party: Party,
  { url, headers }: Omit<Session, 'session'>,
): Promise<ToolsSeen & { readonly refused: readonly DoctorFinding[] }> {
  const method = 'tools/list';
  const answer = await asked(party, {
    url,
    method: 'POST',
    headers: modernHeaders(headers, method),
    body: JSON.stringify({ jsonrpc: '2.0', id: 4, method, params: MODERN_PARAMS }),
  });
  if (!answer.ok) return { findings: [answer.finding], tools: [], refused: [answer.finding] };
  const tools = listedIn(answer.response);
  if (tools !== undefined) return { ...judged(party, tools), refused: [] };
  const refused = [
    {
      name: 'backend-era-broken',
      about: party.about,
      cause: `It says that it speaks ${MODERN_VERSION}, and lists no tools to clients that do: their calls fail.`,
      evidence: `server/discover names ${MODERN_VERSION}, and tools/list answers ${answer.response.status} without a list.`,
      fix: 'Correct the server, or let it not name that revision.',
    },
  ];
  return { findings: refused, tools: [], refused };
}

function listedIn(response: SafeResponse): readonly Tool[] | undefined {
  const result = messageIn(response)?.['result'];
  const listed: unknown =
    typeof result === 'object' && result !== null && 'tools' in result ? result.tools : undefined;
  return Array.isArray(listed)
    ? listed.filter((tool): tool is Tool => typeof tool === 'object' && tool !== null)
    : undefined;
}

function judged(party: Party, tools: readonly Tool[]): ToolsSeen {
  const names = tools.map(({ name }) => textOf(name) ?? '');
  return {
    findings: [...nameFindings(party, names), ...schemaFindings(party, tools)],
    tools: names.filter((name) => name !== ''),
  };
}

function nameFindings({ about }: Party, names: readonly string[]): readonly DoctorFinding[] {
  const findings: DoctorFinding[] = [];
  const wrong = names.filter((name) => plainName(name) !== name);
  if (wrong.length > 0)
    findings.push({
      name: 'backend-tool-name',
      about,
      cause: 'Some of its tools have names that are none of MCP: clients see them under others.',
      evidence: `${wrong.length} with other characters than letters, digits, _ . -, such as ${plainName(wrong[0] ?? '')}, as it is listed.`,
      fix: 'Give them other names: aggregation.tools[].overrides.<tool>.name.',
    });
  if (new Set(names).size < names.length)
    findings.push({
      name: 'backend-tool-twice',
      about,
      cause: 'It lists tools of one name: only one of them can be called.',
      evidence: `${names.length - new Set(names).size} of ${names.length}.`,
      fix: 'Correct the server.',
    });
  return findings;
}

function schemaFindings({ about }: Party, tools: readonly Tool[]): readonly DoctorFinding[] {
  const schemas = tools.map(({ inputSchema }) => membersOf(inputSchema));
  const evidenceOf = (wrong: readonly unknown[]): string => `${wrong.length} of ${tools.length}.`;
  const noObject = schemas.filter((schema) => schema?.['type'] !== 'object');
  const broken = schemas.filter((schema) => schema?.['type'] === 'object' && isBroken(schema));
  return [
    ...(noObject.length === 0
      ? []
      : [
          {
            name: 'backend-tool-schema',
            about,
            cause:
              'Some of its tools have an input schema that is no object: clients drop them, or all tools.',
            evidence: evidenceOf(noObject),
            fix: 'Correct the server: inputSchema has type: object (MCP, tools).',
          },
        ]),
    ...(broken.length === 0
      ? []
      : [
          {
            name: 'backend-tool-schema-broken',
            about,
            cause:
              'Some of its tools have an input schema that is no JSON Schema: clients drop them, or all tools.',
            evidence: evidenceOf(broken),
            fix: 'Correct the server: properties is an object of schemas, and required is a list of names.',
          },
        ]),
  ];
}

function membersOf(value: unknown): Tool | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tool) : undefined;
}

/** What hosts of models read of a schema (JSON Schema 2020-12, Validation 6.5.3 and Core 10.3.2.1). */
function isBroken({ properties, required }: Tool): boolean {
  const members = membersOf(properties);
  const areSchemas =
    properties === undefined ||
    (members !== undefined &&
      Object.values(members).every((one) => typeof one === 'boolean' || membersOf(one) !== undefined));
  const areNames =
    required === undefined ||
    (Array.isArray(required) && required.every((one: unknown) => typeof one === 'string'));
  return !areSchemas || !areNames;
}
