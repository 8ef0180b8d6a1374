import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SERVICES } from '@gatehouse/kernel/services';
import { freePortBaseTwice } from '@gatehouse/testing/free-port';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { until } from '@gatehouse/testing/until';
import { runCommandLine } from '../command-line.js';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { KeptTerminal } from '../terminal.fixture.js';
import { demonstrationValues } from './demonstration.js';
import { movePorts, PORT_COUNT, REPLICA_STEP } from './ports.js';
import { ownValues } from './services.js';
import { StateFolder } from './state.js';

/** As long as a machine may need that has no time for it. */
const PATIENCE_MS = 240_000;

let folder: string;
let base: number;
let databases: readonly TestDatabase[];
let terminal: KeptTerminal;
let running: Promise<number>;

/** One's own file; one of its secrets is a file beside it. */
async function write(change: (yaml: string) => string = (yaml) => yaml): Promise<string> {
  const yaml = movePorts(await readFile(DEMONSTRATION_CONFIGURATION, 'utf8'), 4483, base);
  const file = join(folder, 'gatehouse.yaml');
  await writeFile(file, change(yaml.replace('{ env: REPORTS_API_KEY }', '{ file: reports-key }')));
  return file;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-replicas-'));
  await chmod(folder, 0o755);
  base = await freePortBaseTwice(PORT_COUNT, REPLICA_STEP);
  databases = await Promise.all([
    startTestDatabase('authorization-server'),
    startTestDatabase('token-vault'),
  ]);
  await writeFile(join(folder, 'reports-key'), 'key-of-reports');
  const state = StateFolder.open(await mkdtemp(join(folder, 'values-')));
  state.release();
  const [issuing, vault] = databases;
  terminal = new KeptTerminal({
    ...demonstrationValues(state.secrets),
    ...ownValues('token-vault', state.secrets, {
      AUTHORIZATION_SERVER_DATABASE_URL: issuing?.url.reveal() ?? '',
      TOKEN_VAULT_DATABASE_URL: vault?.url.reveal() ?? '',
    }),
  });
  const args = ['up', '--config', await write(), '--replicas', '2', '--port-base', String(base)];
  running = runCommandLine([...args, '--state', join(folder, 'state')], terminal);
  await terminal.untilSaid('Running. Ctrl-C stops it.', running);
});
afterAll(async () => {
  terminal.emit('SIGTERM');
  await running;
  await Promise.all(databases.map((database) => database.close()));
  await rm(folder, { recursive: true, force: true });
});

const PROCESSES = SERVICES.flatMap((service) => [service, `${service}-2`]);
const logOf = async (name: string): Promise<string> =>
  await readFile(join(folder, 'state', 'logs', `${name}.log`), 'utf8');
const takenUp = async (name: string): Promise<number> =>
  (await logOf(name)).split('"event":"configuration-reloaded"').length - 1;

/** What a replica answers to a request for the public name, as a load balancer passes it on. */
async function asked(port: number, path: string): Promise<string> {
  const outgoing = request({ host: '127.0.0.1', port, path, headers: { host: `localhost:${base}` } });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return await text(incoming);
}

test('both replicas of each service take up a changed file, and listen where they did', async () => {
  await write((yaml) =>
    yaml.replace(/^( +- \{ name: )status(, .*)$/m, (line, start: string, rest: string) =>
      [line, `${start}again${rest}`].join('\n'),
    ),
  );
  for (const name of PROCESSES) await until(async () => (await takenUp(name)) === 1, PATIENCE_MS);
  for (const index of [0, 1]) {
    const answer = await asked(
      base + index * REPLICA_STEP,
      '/.well-known/oauth-protected-resource/mcp/again',
    );
    expect(JSON.parse(answer)).toMatchObject({ resource: `http://localhost:${base}/mcp/again` });
  }
});

test('a changed file that needs a restart is taken up by none of them', async () => {
  const before = await Promise.all(PROCESSES.map(takenUp));
  await write((yaml) => yaml.replace('name: demo', 'name: other'));
  for (const name of PROCESSES)
    await until(
      async () => (await logOf(name)).includes('"event":"configuration-needs-restart"'),
      PATIENCE_MS,
    );
  expect(await Promise.all(PROCESSES.map(takenUp))).toEqual(before);
});
