import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { bridgedBackends } from '@gatehouse/config/bridge-part';
import { until } from '@gatehouse/testing/until';
import { modelOf, readConfiguration } from '../configuration.js';
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

const SECRET = 'a-secret-of-the-bridge-and-the-proxy';
const KEPT = '  - { name: local, command: [cat] }\n';

test('the bridge takes up its changed file, and on SIGHUP as well, and stays the same process', async () => {
  const port = await freePort();
  const file = join(folder, 'changing.yaml');
  const text = await readFile(DEMONSTRATION_CONFIGURATION, 'utf8');
  const environment = { BRIDGE_SECRET: SECRET };
  const write = async (programs: string, more = ''): Promise<void> =>
    await writeFile(
      file,
      text
        .replace(
          '\nbackends:\n',
          `\nbridge: { secret: { env: BRIDGE_SECRET } }\n${more}\nbackends:\n${programs}`,
        )
        .replace('\nlisten:\n', `\nlisten:\n  bridge: { port: ${port} }\n`),
    );
  await write(KEPT);
  const processes = new Processes(folder);
  try {
    const running = await startUpBridge(processes, readConfiguration(file), {
      host: '127.0.0.1',
      port,
      environment,
    });
    const log = async (): Promise<string> => await readFile(running.logFile, 'utf8');
    const times = async (event: string): Promise<number> =>
      (await log()).split(`"event":"${event}"`).length - 1;
    /** 415: it is served, to a proxy that means the program of this file. */
    const statusOf = async (backend: string): Promise<number> => {
      const backends = bridgedBackends(modelOf(readConfiguration(file), 'bridge', environment));
      const program = backends.find(({ name }) => name === backend)?.program ?? '';
      const headers = {
        'gatehouse-bridge-secret': SECRET,
        'gatehouse-program': program,
        'content-type': 'text/plain',
      };
      const url = `http://127.0.0.1:${port}/${backend}/mcp`;
      return (await fetch(url, { method: 'POST', headers, body: 'no message' })).status;
    };
    expect([await statusOf('local'), await statusOf('another')]).toEqual([415, 421]);
    await write(`${KEPT}  - { name: another, command: [cat] }\n`);
    await until(async () => (await statusOf('another')) === 415);
    expect(await statusOf('local')).toBe(415);
    process.kill(running.pid, 'SIGHUP');
    await until(async () => (await log()).includes('"because":"SIGHUP"'));

    // What no service takes is not taken here either: then nobody runs the mixture of two files.
    await write('  - { name: another, command: [cat, "-"] }\n', 'limits: { requestSize: 1MiB }\n');
    await until(async () => (await times('configuration-needs-restart')) >= 1);
    expect([await statusOf('another'), await statusOf('local')]).toEqual([421, 421]);
    // The last program, which may be a compromised one, goes like any other.
    const taken = await times('configuration-reloaded');
    await write('');
    await until(async () => (await times('configuration-reloaded')) > taken);
    expect([await times('configuration-not-reloaded'), running.isRunning()]).toEqual([0, true]);
    // The first one is a restart: elsewhere no bridge may run.
    const waiting = await times('configuration-needs-restart');
    await write(KEPT);
    await until(async () => (await times('configuration-needs-restart')) > waiting);
    expect(await statusOf('local')).toBe(421);
    await write('  - { name: wrong, commands: [cat] }\n');
    await until(async () => (await times('configuration-invalid')) >= 1);
    expect(running.isRunning()).toBe(true);
  } finally {
    await processes.stop();
  }
});
