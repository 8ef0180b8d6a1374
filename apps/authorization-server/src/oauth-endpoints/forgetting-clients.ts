/** How a client is made to forget what it registered, so that it registers anew. Its own words stand in quotation marks. */
export interface ForgettingClient {
  readonly name: string;
  readonly steps: string;
  /** Whether its sign-ins come back here. */
  readonly isCalledBackAt: (redirectUri: URL) => boolean;
}

const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);

/**
 * Removing the server and adding it again is not enough for most of them: what they registered is kept for its address. What
 * each client calls it is from its documentation or its source.
 */
const CLIENTS: readonly ForgettingClient[] = [
  {
    name: 'Claude Code',
    steps: 'Type /mcp, choose this server, choose “Clear authentication”, then “Authenticate”.',
    isCalledBackAt: (uri) => isLoopback(uri) && uri.pathname === '/callback',
  },
  {
    name: 'claude.ai and Claude Desktop',
    steps: 'In the settings, under “Connectors”, remove this connector. Then add it again.',
    isCalledBackAt: ({ hostname }) => /(^|\.)claude\.(ai|com)$/.test(hostname),
  },
  {
    name: 'VS Code',
    steps:
      'Run the command “Authentication: Remove Dynamic Authentication Providers” and choose this server. Then restart the server there.',
    isCalledBackAt: ({ hostname, port, protocol }) =>
      hostname === 'vscode.dev' || port === '33418' || protocol.startsWith('vscode'),
  },
  {
    name: 'Cursor',
    steps: 'Run the command “Cursor: Clear All MCP Tokens”, then connect again in its MCP settings.',
    isCalledBackAt: ({ hostname, protocol }) => protocol === 'cursor:' || /(^|\.)cursor\.com$/.test(hostname),
  },
  {
    name: 'MCP Inspector',
    steps: 'Open “Auth Settings”, choose “Clear OAuth State”, then connect again.',
    isCalledBackAt: (uri) => isLoopback(uri) && /^627[0-9]$/.test(uri.port),
  },
  {
    name: 'Codex',
    steps: 'Run “codex mcp logout” and “codex mcp login”, each with the name of this server.',
    isCalledBackAt: () => false,
  },
  {
    name: 'mcp-remote',
    steps: 'Delete the folder .mcp-auth in your home folder, then start the application again.',
    isCalledBackAt: (uri) => isLoopback(uri) && /^\/oauth\/callback$/.test(uri.pathname),
  },
  {
    name: 'Another application',
    steps: 'Sign out of this server there, or remove the server and add it again.',
    isCalledBackAt: () => false,
  },
];

/** Those first that are called back where this request wants to be. That is a guess, so the others are told as well. */
export function forgettingClients(redirectUri: string | undefined): readonly ForgettingClient[] {
  const uri = URL.parse(redirectUri ?? '');
  if (uri === null) return CLIENTS;
  const [likely, others] = [true, false].map((wanted) =>
    CLIENTS.filter((client) => client.isCalledBackAt(uri) === wanted),
  );
  return [...(likely ?? []), ...(others ?? [])];
}
