// What `helm test` runs with test.mainJob.enabled: somebody signs in, every backend is called, and each has to have got the token that the
// configuration says. Public addresses on localhost are made here: what comes to such a port goes to where it is in the cluster (WAYS).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const { WAYS = '', PROGRAM = '/gatehouse/program.js', GATEHOUSE_CONFIG = '' } = process.env;
/** A localhost of two addresses is asked at both; a machine without IPv6 has one. */
const LOOPBACK = ['127.0.0.1', '::1'];
const NO_SUCH_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/**
 * Hands each connection on as it is, and each end of one, too.
 * @param {number} port
 * @param {{ host: string, port: number }} to
 */
async function open(port, to) {
  for (const address of LOOPBACK) {
    const server = createServer({ allowHalfOpen: true }, (here) => {
      const there = connect({ ...to, allowHalfOpen: true });
      here.pipe(there).pipe(here);
      here.on('error', () => there.destroy());
      there.on('error', () => here.destroy());
    });
    server.listen(port, address);
    await once(server, 'listening').catch((error) => {
      if (!NO_SUCH_ADDRESS.has(error.code)) throw error;
    });
  }
}

/** `4483=gateway-gatehouse-vmcp-proxy:4483 4484=…` */
for (const way of WAYS.split(' ').filter(Boolean)) {
  const [, port, host, at] = /^(\d+)=([^=:]+):(\d+)$/.exec(way) ?? [];
  if (at === undefined) throw new Error(`WAYS: ${way} is not written as port=host:port`);
  await open(Number(port), { host, port: Number(at) });
  console.log(`localhost:${port} is ${host}:${at}`);
}

const job = spawn(process.execPath, [PROGRAM, 'demonstrate', '--config', GATEHOUSE_CONFIG], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
const [code] = await once(job, 'close');
process.exit(code ?? 1);
