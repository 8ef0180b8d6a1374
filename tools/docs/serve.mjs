import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Serves the files of a folder to this machine alone, to look at the site. @returns {Promise<string>} its address */
export async function serve(folder, { base = '/', port = 0 } = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = fileFor(folder, pathname.startsWith(base) ? pathname.slice(base.length) : pathname);
    if (path === undefined) return void response.writeHead(404).end('Not found\n');
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
    createReadStream(path).pipe(response);
  });
  await new Promise((resolve) => server.listen(port, 'localhost', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://localhost:${address.port}${base}`;
}

function fileFor(folder, pathname) {
  const path = join(folder, normalize(`/${decodeURIComponent(pathname)}`));
  const found = [path, join(path, 'index.html')].find((one) => existsSync(one) && statSync(one).isFile());
  return found;
}
