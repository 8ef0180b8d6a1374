import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { readConfiguration } from '../configuration.js';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { startUpBridge } from './bridge.js';
import { Processes } from './processes.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-up-bridge-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

test('the bridge is started where a backend has a command, with the variables of its own part and no other', async () => {
  const port = await freePort();
  const file = join(folder, 'gatehouse.yaml');
  const text = await readFile(DEMONSTRATION_CONFIGURATION, 'utf8');
  const programs =
    '\nbridge: { secret: { env: BRIDGE_SECRET } }\n\nbackends:\n' +
    '  - { name: local, command: [cat], secretEnv: { KEY: { env: LOCAL_KEY } } }\n';
  await writeFile(
    file,
    text
      .replace('\nbackends:\n', programs)
      .replace('\nlisten:\n', `\nlisten:\n  bridge: { port: ${port} }\n`),
  );
  const environment = {
    BRIDGE_SECRET: 'a-secret-of-the-bridge-and-the-proxy',
    LOCAL_KEY: 'key',
    NATS_CREDENTIALS: 'service:password',
  };
  const processes = new Processes(folder);
  try {
    const plan = { host: '127.0.0.1', port, environment };
    const running = await startUpBridge(processes, readConfiguration(file), plan);
    expect(running.isRunning()).toBe(true);
    const given = readFileSync(`/proc/${running.pid}/environ`, 'utf8').split('\0');
    expect(given).toEqual(expect.arrayContaining(['LOCAL_KEY=key']));
    expect(given.join()).not.toContain('NATS_CREDENTIALS');
    const stranger = await fetch(`http://127.0.0.1:${port}/local/mcp`, { method: 'POST' });
    expect(stranger.status).toBe(403);
    await processes.stop();
    expect(await running.ended).toBe('exit code 0');
  } finally {
    await processes.stop();
  }
});
