/** An MCP server on standard input and output, as they are published. Its tools show whose program this is. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

const { API_TOKEN, API_URL = '' } = process.env;
const server = new McpServer({ name: 'example', version: '1.0.0' });
/**
 * @param {unknown} value
 * @returns {{ content: { type: 'text', text: string }[] }}
 */
const text = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });

let visits = 0;
server.registerTool('visits', { description: 'Counts the calls of this session.' }, () =>
  text({ visits: ++visits }),
);

if (API_TOKEN !== undefined)
  server.registerTool('whoami', { description: 'Says whose token this program has.' }, async () => {
    const response = await fetch(API_URL, { headers: { authorization: `Bearer ${API_TOKEN}` } });
    const { login } = /** @type {{ login: string }} */ (await response.json());
    return text({ login });
  });

await server.connect(new StdioServerTransport());
