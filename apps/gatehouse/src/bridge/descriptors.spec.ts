import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bridgedBackends } from '@gatehouse/config/bridge-part';
import { until } from '@gatehouse/testing/until';
import { modelOf, readConfiguration } from '../configuration.js';
import { DEMONSTRATION_CONFIGURATION, programOf } from '../paths.js';
import { BridgeClient } from './bridge-world.fixture.js';

/** Enough for Node itself and some programs, of which each takes three. */
const DESCRIPTORS = 64;
const SERVER =
  `read -r line; echo '{"jsonrpc":"2.0","id":"initialize","result":{"protocolVersion":"2025-11-25"}}'; ` +
  `while read -r line; do echo '{"jsonrpc":"2.0","id":1,"result":{}}'; done`;

let folder: string;
let program: string;
let bridge: ChildProcessByStdio<null, Readable, null>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-descriptors-'));
  const file = join(folder, 'gatehouse.yaml');
  const text = await readFile(DEMONSTRATION_CONFIGURATION, 'utf8');
  const written = `  - { name: local, command: ${JSON.stringify(['/bin/sh', '-c', SERVER])} }\n`;
  await writeFile(
    file,
    text.replace('\nbackends:\n', `\nbridge: { allowWithoutSecret: true }\n\nbackends:\n${written}`),
  );
  const [local] = bridgedBackends(modelOf(readConfiguration(file), 'bridge', {}));
  program = local?.program ?? '';
  const args = [programOf('gatehouse'), 'bridge', '--config', file, '--listen', '127.0.0.1:0'];
  bridge = spawn('/bin/sh', ['-c', `ulimit -n ${DESCRIPTORS}; exec "$0" "$@"`, process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
});
afterAll(async () => {
  if (bridge.exitCode === null && bridge.signalCode === null) {
    bridge.kill('SIGTERM');
    await once(bridge, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

async function portOf(output: Readable): Promise<number> {
  let text = '';
  return await new Promise((resolve, reject) => {
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const [, port] = /"port":(\d+)/.exec(text) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
    output.once('end', () => reject(new Error(`it did not start: ${text}`)));
  });
}

test('where no descriptors are left a program is refused, and nobody else’s ends', async () => {
  const url = `http://127.0.0.1:${await portOf(bridge.stdout)}/local/mcp`;
  const clients: BridgeClient[] = [];
  const another = async () => {
    const client = new BridgeClient(url, { 'gatehouse-program': program });
    const begun = await client.initialize();
    if (begun.status === 200) clients.push(client);
    return begun;
  };
  let begun = await another();
  while (begun.status === 200 && clients.length < DESCRIPTORS) begun = await another();
  expect([begun.status, begun.text]).toEqual([502, 'The program could not be started.']);
  const [first, ...others] = clients;
  expect((await first?.call('anything', {}, { id: 1 }))?.status).toBe(200);
  // Those that end leave their descriptors to others.
  for (const client of others) await client.send({ method: 'DELETE' });
  await until(async () => (await another()).status === 200);
});
