/**
 * Stands in for the program of that name: `claude mcp login <name>`, with the file that it reads. The OAuth is that of the MCP
 * TypeScript SDK, and a scripted person signs in.
 */
import { readFileSync } from 'node:fs';
import * as sdk from '@modelcontextprotocol/client';
import { RememberingOAuth } from '../remembering-oauth.js';

interface ServersFile {
  readonly mcpServers: Readonly<Record<string, { readonly url: string } | undefined>>;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const [area, command, name = ''] = process.argv.slice(2);
if (area !== 'mcp' || command !== 'login')
  throw new Error('this program only knows: claude mcp login <name>');
const { mcpServers } = JSON.parse(readFileSync('.mcp.json', 'utf8')) as ServersFile;
const server = mcpServers[name];
if (server === undefined) throw new Error(`there is no server ${name} in .mcp.json`);

const url = new URL(server.url);
const oauth = new RememberingOAuth<sdk.StoredOAuthClientInformation, sdk.StoredOAuthTokens>();
const newTransport = () => new sdk.StreamableHTTPClientTransport(url, { authProvider: oauth });
const newClient = () => new sdk.Client({ name: 'first use', version: '1' });

const refused: unknown = await newClient()
  .connect(newTransport())
  .catch((error: unknown) => error);
if (!(refused instanceof sdk.UnauthorizedError)) throw new Error(`nobody had to sign in: ${String(refused)}`);
say('Opening the browser.');
const callback = await oauth.personSignsIn('alice');
await newTransport().finishAuth(callback);
const client = newClient();
await client.connect(newTransport());
say(`Signed in to ${name}.`);
for (const tool of (await client.listTools()).tools.filter((one) => one.name.endsWith('whoami'))) {
  const { structuredContent } = await client.callTool({ name: tool.name, arguments: {} });
  const { credential, subject } = structuredContent as Readonly<Record<string, string>>;
  say(`${tool.name}: ${credential} of ${subject}`);
}
await client.close();
