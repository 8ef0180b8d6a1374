import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { gatehouse } from '../terminal.fixture.js';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-bridge-'));
  file = join(folder, 'gatehouse.yaml');
  const text = await readFile(DEMONSTRATION_CONFIGURATION, 'utf8');
  const programs =
    '\nbridge: { allowWithoutSecret: true }\n\nbackends:\n  - { name: local, command: [cat] }\n';
  await writeFile(file, text.replace('\nbackends:\n', programs));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const refused = async (args: readonly string[]) => {
  const { code, stderr } = await gatehouse(['bridge', ...args]);
  return [code, stderr];
};

test('where no backend has a command there is nothing to run', async () => {
  expect(await refused(['--config', DEMONSTRATION_CONFIGURATION])).toEqual([
    78,
    expect.stringContaining('nothing to run'),
  ]);
});

test('without a secret it listens to nobody but this machine, whatever its flag says', async () => {
  for (const listen of ['0.0.0.0:8080', '[::]:8080', '10.0.0.1:8080', 'bridge:8080'])
    expect(await refused(['--config', file, '--listen', listen])).toEqual([
      64,
      expect.stringContaining('loopback address only'),
    ]);
});

test.each(['8080', 'localhost', '127.0.0.1:', '127.0.0.1:70000', '::1:80', 'http://127.0.0.1:80'])(
  'an address that is none is refused: %s',
  async (listen) => {
    expect(await refused(['--config', file, '--listen', listen])).toEqual([
      64,
      expect.stringContaining('write an address and a port'),
    ]);
  },
);

test('a port that another program has is said in a line: the same start may work later', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  expect(await refused(['--config', file, '--listen', `127.0.0.1:${port}`])).toEqual([
    75,
    expect.stringMatching(/cannot listen on 127\.0\.0\.1, port \d+: .*EADDRINUSE/),
  ]);
  holder.close();
});

test('a secret that is configured and not there keeps it from starting', async () => {
  const text = await readFile(file, 'utf8');
  const guarded = join(folder, 'guarded.yaml');
  await writeFile(
    guarded,
    text.replace('{ allowWithoutSecret: true }', '{ secret: { env: BRIDGE_SECRET } }'),
  );
  expect(await refused(['--config', guarded])).toEqual([
    78,
    expect.stringContaining('BRIDGE_SECRET is not set'),
  ]);
});
