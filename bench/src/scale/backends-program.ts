import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Message } from '@gatehouse/testing/mcp-exchange';

/**
 * Many cheap backends in one process: `/<name>/<tools>/mcp` has so many tools. Argument: its port. They speak 2026-07-28 only, and
 * take whatever credential comes.
 */
const [port = '0'] = process.argv.slice(2);
const VERSION = '2026-07-28';
const INFO = {
  resultType: 'complete',
  ttlMs: 60_000,
  cacheScope: 'private',
  supportedVersions: [VERSION],
  capabilities: { tools: {} },
  serverInfo: { name: 'scale', version: '1' },
};
/** As long as what real servers say of a tool. */
const DESCRIPTION =
  'Finds the records that fit, the newest first, with who changed them last and when. Give a part of the name, or leave it out for all of them.';

const written = new Map<string, string>();

/** The tools of a backend, in JSON; a name says whose it is. */
function toolsOf(backend: string, count: number): string {
  const key = `${backend} ${count}`;
  let list = written.get(key);
  if (list === undefined) {
    list = JSON.stringify(
      Array.from({ length: count }, (_, index) => ({
        name: `find_${backend}_records_${index}`,
        description: DESCRIPTION,
        inputSchema: {
          type: 'object',
          properties: { name: { type: 'string' }, limit: { type: 'integer' }, archived: { type: 'boolean' } },
        },
      })),
    );
    written.set(key, list);
  }
  return list;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, backend = '', count = '0'] = (request.url ?? '').split('/');
  const { id, method } = JSON.parse((await text(request)) || '{}') as Message;
  if (id === undefined) {
    response.writeHead(202).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},`;
  if (method === 'tools/list')
    response.end(
      `${head}"result":{"resultType":"complete","ttlMs":60000,"cacheScope":"private","tools":${toolsOf(backend, Number(count))}}}`,
    );
  else if (method === 'server/discover') response.end(`${head}"result":${JSON.stringify(INFO)}}`);
  else response.end(`${head}"error":{"code":-32601,"message":"no such method"}}`);
}

createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('backends ready\n'));
// With whoever started it.
process.stdin.on('end', () => process.exit()).resume();
