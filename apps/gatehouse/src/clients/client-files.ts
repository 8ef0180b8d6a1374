import { homedir } from 'node:os';
import { join } from 'node:path';

/** Programs that speak MCP, and where each keeps which servers it has. */
export const CLIENT_NAMES = ['claude', 'codex', 'vscode', 'cursor', 'gemini'] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];
export type Scope = 'project' | 'user';

export interface ClientFile {
  readonly title: string;
  readonly path: string;
  /** JSON: below which field an entry stands. TOML: a table of that name. */
  readonly format: 'json' | 'toml';
  readonly section: string;
  readonly entry: (url: string) => Readonly<Record<string, string>>;
  /** How a person signs in there afterwards. */
  readonly next: string;
}

interface Places {
  readonly project: string;
  readonly home: string;
}

/** @returns what the client has; `undefined` where it has no file of that scope */
export function clientFile(
  client: ClientName,
  scope: Scope,
  { project, home }: Places = { project: process.cwd(), home: homedir() },
): ClientFile | undefined {
  const at = (parts: { readonly project?: string; readonly user?: string }): string | undefined => {
    const part = parts[scope];
    return part === undefined ? undefined : join(scope === 'project' ? project : home, part);
  };
  const { paths, ...rest } = CLIENTS[client];
  const path = at(paths);
  return path === undefined ? undefined : { ...rest, path };
}

type Client = Omit<ClientFile, 'path'> & {
  readonly paths: { readonly project?: string; readonly user?: string };
};

const CLIENTS: Readonly<Record<ClientName, Client>> = {
  claude: {
    title: 'Claude Code',
    paths: { project: '.mcp.json', user: '.claude.json' },
    format: 'json',
    section: 'mcpServers',
    entry: (url) => ({ type: 'http', url }),
    next: 'claude mcp login gatehouse',
  },
  codex: {
    title: 'Codex',
    paths: { project: '.codex/config.toml', user: '.codex/config.toml' },
    format: 'toml',
    section: 'mcp_servers',
    entry: (url) => ({ url }),
    next: 'codex mcp login gatehouse',
  },
  vscode: {
    title: 'VS Code',
    // Where a person's own file is depends on the system and the profile.
    paths: { project: '.vscode/mcp.json' },
    format: 'json',
    section: 'servers',
    entry: (url) => ({ type: 'http', url }),
    next: 'choose Start above the entry in .vscode/mcp.json',
  },
  cursor: {
    title: 'Cursor',
    paths: { project: '.cursor/mcp.json', user: '.cursor/mcp.json' },
    format: 'json',
    section: 'mcpServers',
    entry: (url) => ({ url }),
    next: 'choose Needs login in the settings of Cursor',
  },
  gemini: {
    title: 'Gemini CLI',
    paths: { project: '.gemini/settings.json', user: '.gemini/settings.json' },
    format: 'json',
    section: 'mcpServers',
    entry: (url) => ({ httpUrl: url }),
    next: 'type /mcp auth gatehouse in a session',
  },
};
