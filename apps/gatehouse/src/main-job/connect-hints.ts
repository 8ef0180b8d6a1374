import { PROGRAM_ANYWHERE } from '../paths.js';

/** How people connect their own client, ready to copy. */
export function renderConnectHints(mcpUrl: string, isDemonstration: boolean): string {
  const who = isDemonstration ? ' (sign in as alice, or any other name; the password is demo)' : '';
  return [
    `Connect your own client${who}. In another terminal, in a folder where you use it (also codex, vscode, cursor, gemini):`,
    `  ${PROGRAM_ANYWHERE} client add claude --url ${mcpUrl}`,
    'Or by hand:',
    `  Claude Code   claude mcp add --transport http gatehouse ${mcpUrl}`,
    `  VS Code       .vscode/mcp.json        { "servers": { "gatehouse": { "type": "http", "url": "${mcpUrl}" } } }`,
    `  Codex         ~/.codex/config.toml    [mcp_servers.gatehouse]  url = "${mcpUrl}"`,
  ].join('\n');
}
