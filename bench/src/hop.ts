import { createServer } from 'node:http';
import { Pool } from 'undici';

/**
 * The least that any gateway costs: read a request with `node:http`, forward it with `undici`, return the answer.
 * It checks nothing. Usage: node hop.js <port> <target URL>.
 */
const [port, target] = process.argv.slice(2);
const { origin, pathname } = new URL(target ?? '');
const pool = new Pool(origin, { connections: 64 });

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const headers = { ...incoming.headers };
    for (const name of ['host', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'])
      Reflect.deleteProperty(headers, name);
    void pool
      .request({ method: 'POST', path: pathname, headers, body: Buffer.concat(chunks) })
      .then(async ({ statusCode, headers: answered, body }) => {
        const bytes = Buffer.from(await body.arrayBuffer());
        outgoing.writeHead(statusCode, {
          'content-type': String(answered['content-type']),
          'content-length': bytes.length,
        });
        outgoing.end(bytes);
      })
      .catch(() => outgoing.writeHead(502).end());
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log('hop ready'));
