/**
 * The main job inside of a container: `docker compose run --rm demo`. What a browser on the host finds at localhost, is found here by handing
 * each connection on: FORWARDS has `port=host:port`, separated by spaces.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';

function handOn(address, from, host, to) {
  const server = createServer((near) => {
    const far = connect(to, host);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(from, address, () => resolve(undefined));
  });
}

const { FORWARDS = '', NODE_EXTRA_CA_CERTS = '' } = process.env;
if (!existsSync(NODE_EXTRA_CA_CERTS)) {
  process.stderr.write(
    'The reverse proxy has made no authority yet. Before: docker compose --profile demo up --wait\n',
  );
  process.exit(1);
}
for (const [, from, host, to] of FORWARDS.matchAll(/(\d+)=([\w-]+):(\d+)/g)) {
  await handOn('127.0.0.1', Number(from), host, Number(to));
  // What `localhost` is for some; not every container has it.
  await handOn('::1', Number(from), host, Number(to)).catch(() => undefined);
}
const demonstrate = ['/gatehouse/program.js', 'demonstrate', ...process.argv.slice(2)];
spawn(process.execPath, demonstrate, { stdio: 'inherit' }).once('close', (code) => process.exit(code ?? 1));
