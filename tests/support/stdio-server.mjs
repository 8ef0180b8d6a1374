/** A server of the reference SDK on its standard input and output, as they are published: it calls an API with a token from its environment. */
import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

const server = new McpServer({ name: 'stdio-server', version: '1.0.0' }, { capabilities: { logging: {} } });
/**
 * @param {unknown} value
 * @returns {{ content: { type: 'text', text: string }[] }}
 */
const text = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });

// Whose token came to which program, where a test asks for it; without the token.
const { PROGRAM = '', WITNESS, API_TOKEN: given = '' } = process.env;
if (WITNESS !== undefined)
  appendFileSync(WITNESS, `${PROGRAM} ${createHash('sha256').update(given).digest('hex')}\n`);

/** How often this process was asked. */
let visits = 0;

server.registerTool('visits', { description: 'Counts.' }, () => text({ visits: ++visits, pid: process.pid }));

server.registerTool('program', { description: 'Which one it is.' }, () => text({ program: PROGRAM }));

server.registerTool('login', { description: 'Who the token belongs to.' }, async () => {
  const { API_TOKEN = '', API_URL = '' } = process.env;
  console.error(`asking with ${API_TOKEN}`);
  const response = await fetch(API_URL, { headers: { authorization: `Bearer ${API_TOKEN}` } });
  const answer = /** @type {object} */ (await response.json());
  return text({ status: response.status, ...answer });
});

server.registerTool('count', { description: 'Says how far it is.' }, async ({ _meta, sendNotification }) => {
  for (let progress = 1; progress <= 3; progress += 1)
    if (_meta?.progressToken !== undefined)
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken: _meta.progressToken, progress, total: 3 },
      });
  return text('counted');
});

server.registerTool('ask', { description: 'Asks the person.' }, async () => {
  const answer = await server.server.elicitInput({
    message: 'Your name?',
    requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  });
  return text(answer);
});

server.registerTool('end', { description: 'Ends this process.' }, () => process.exit(7));

await server.connect(new StdioServerTransport());
