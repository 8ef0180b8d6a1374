import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SERVICES } from '@gatehouse/kernel/services';
import { Demonstration } from '@gatehouse/testing/demonstration';
import { freePort, freePortBase } from '@gatehouse/testing/free-port';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { until } from '@gatehouse/testing/until';
import { runCommandLine } from '../command-line.js';
import { connectSignedIn } from '../main-job/demonstration-client.js';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { gatehouse, KeptTerminal } from '../terminal.fixture.js';
import { demonstrationValues, startDemonstration } from './demonstration.js';
import { movePorts, planPorts, PORT_COUNT } from './ports.js';
import { Processes } from './processes.js';
import { ownValues } from './services.js';
import { StateFolder } from './state.js';

let folder: string;
let base: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-up-'));
  // Postgres does not run as root; its own user has to get into the folder.
  await chmod(folder, 0o755);
  base = await freePortBase(PORT_COUNT);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const state = (): string => join(folder, 'state');
const upArgs = (...more: readonly string[]): readonly string[] => [
  ...['up', '--port-base', String(base), '--state', state()],
  ...more,
];

/** Every process that names the folder in its arguments: nothing else does. */
async function processes(): Promise<readonly { readonly pid: number; readonly args: string }[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,args='], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => ({ pid: Number.parseInt(line, 10), args: line }));
}

/** The configuration of the gateway that runs, changed. */
async function configuration(name: string, change: (yaml: string) => string): Promise<string> {
  const yaml = movePorts(await readFile(DEMONSTRATION_CONFIGURATION, 'utf8'), 4483, base);
  const changed = change(yaml);
  const file = join(folder, name);
  await writeFile(file, changed);
  return file;
}

interface JsonRow {
  readonly backend: string;
  readonly ok: boolean;
  readonly failure?: string;
}

describe('a whole gateway with its demonstration', () => {
  const terminal = new KeptTerminal();
  let running: Promise<number>;
  const said = (): string => terminal.stderr.text;

  beforeAll(async () => {
    running = runCommandLine(upArgs('--json'), terminal);
    await terminal.untilSaid('Running. Ctrl-C stops it.', running);
  });
  afterAll(async () => {
    terminal.emit('SIGTERM');
    await running;
  });

  test('says what it starts and from which file, and does the main job', () => {
    expect(said()).toMatch(
      /^Gatehouse demonstration\n {2}configuration {2}.*gatehouse\.yaml\n.*ports moved\)\n {2}state .*state\n/,
    );
    for (const step of ['postgres', 'nats-server', 'demonstration', 'migrations', 'services'])
      expect(said()).toMatch(new RegExp(`^  ${step} +\\d+\\.\\d s`, 'm'));
    expect(said()).toMatch(new RegExp(`^Ready in .*MCP endpoint: http://localhost:${base}/mcp$`, 'm'));
    expect(said()).toContain('All 6 as configured.');
    expect(said()).toContain('the password is demo');
  });

  test('SIGHUP reaches each service, which takes up its file, and stops nothing', async () => {
    terminal.emit('SIGHUP');
    for (const service of SERVICES) {
      const log = join(state(), 'logs', `${service}.log`);
      await until(async () => (await readFile(log, 'utf8')).includes('"because":"SIGHUP"'));
    }
    const { code } = await gatehouse([
      'demonstrate',
      '--config',
      await configuration('same.yaml', (yaml) => yaml),
    ]);
    expect(code).toBe(0);
  });

  test('prints the rows, and nothing else, to standard output with --json', () => {
    const rows = JSON.parse(terminal.stdout.text) as readonly JsonRow[];
    expect(rows.map(({ ok }) => ok)).toEqual([true, true, true, true, true, true]);
  });

  test('a second one on the same state, or on the same ports, is refused and told the way out', async () => {
    const same = await gatehouse(upArgs());
    expect(same.code).toBe(75);
    expect(same.stderr).toContain(`already running (process ${process.pid})`);
    const beside = await gatehouse(['up', '--port-base', String(base), '--state', join(folder, 'beside')]);
    expect(beside.code).toBe(75);
    expect(beside.stderr).toMatch(/^These ports are taken by another program:$/m);
    expect(beside.stderr).toMatch(new RegExp(`^  ${base}  vmcp-proxy`, 'm'));
    // It left nothing behind that would keep the next one out.
    expect(await readdir(folder)).not.toContain('beside');
  });

  test('demonstrate does the main job against it, and ends with 0', async () => {
    const config = await configuration('same.yaml', (yaml) => yaml);
    const { code, stdout } = await gatehouse(['demonstrate', '--config', config]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^One sign-in as alice \(\d+ requests through both providers\), \d+ tools/m);
    const url = `http://localhost:${base}/mcp`;
    const json = await gatehouse(['demonstrate', '--json', '--config', config, '--url', url]);
    expect(json.code).toBe(0);
    expect((JSON.parse(json.stdout) as readonly JsonRow[]).every(({ ok }) => ok)).toBe(true);
    expect(json.stderr).toContain('Whose token arrived');
  });

  test('who is signed in and connected is found by its state folder alone, and can be ended', async () => {
    const isEmpty = (listed: unknown): boolean =>
      JSON.stringify(listed) === JSON.stringify({ connections: [], total: 0 });
    const of = async (...args: readonly string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await gatehouse([...args, '--state', state(), '--json']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout);
    };
    // What was late on a busy machine may have been done all the same.
    await until(async () => {
      await gatehouse(['connections', 'revoke', '--account', 'acme-alice', '--state', state()]);
      return isEmpty(await of('connections'));
    }, 240_000);
    expect(await of('sessions', 'end', '--account', 'acme-alice')).toMatchObject({
      ended: expect.arrayContaining([expect.stringMatching(/^[0-9a-f]{64}$/)]),
    });
    expect(await of('sessions')).toEqual({ sessions: [], total: 0 });
  });

  test('demonstrate names what is not as the configuration has it, and ends with 1', async () => {
    const config = await configuration('other.yaml', (yaml) =>
      yaml
        .replace('directory: { type: upstreamInject, upstreamInject: { providerName: acme-sso } }', '')
        .replace('- { name: status, url: http://localhost:', '- { name: elsewhere, url: http://localhost:'),
    );
    const demonstration = new Demonstration(base);
    await demonstration.setFault({
      part: 'repos',
      endpoint: 'mcp',
      mode: 'status500',
      rpcMethod: 'tools/call',
    });
    try {
      const { code, stdout, stderr } = await gatehouse(['demonstrate', '--json', '--config', config]);
      expect(code).toBe(1);
      const wrong = (JSON.parse(stdout) as readonly JsonRow[]).filter(({ ok }) => !ok);
      expect(wrong.map(({ backend }) => backend)).toEqual(['repos', 'elsewhere', 'directory']);
      expect(stderr).toContain('3 of 6 are wrong.');
      expect(stderr).toContain('elsewhere_whoami: tools/list does not name it');
      expect(stderr).toMatch(/^repos_whoami: \S/m);
      expect(stderr).toContain('expected:');
    } finally {
      await demonstration.reset();
    }
  });

  test('a person whose password is wrong is told where the sign-in stopped', async () => {
    const url = new URL(`http://localhost:${base}/mcp`);
    await expect(connectSignedIn(url, { login: 'alice', password: 'guess' })).rejects.toThrow(
      /^The sign-in stopped: the login was refused\. Status \d+, ".*": /,
    );
  });

  test('a service that dies is started again, and Ctrl-C stops everything', async () => {
    const isVault = ({ args }: { readonly args: string }): boolean =>
      args.includes('token-vault/dist/main.js');
    const vault = (await processes()).find(isVault);
    process.kill(vault?.pid ?? 0, 'SIGKILL');
    await until(() => said().includes('token-vault ended (signal SIGKILL); starting it again'));
    await until(async () => (await processes()).some((one) => isVault(one) && one.pid !== vault?.pid));
    terminal.emit('SIGINT');
    await expect(running).resolves.toBe(0);
    expect(said()).toMatch(/\nStopped\.\n$/);
    expect(await processes()).toEqual([]);
  });

  test('a start that is stopped before it is ready ends with 0 and leaves nothing running', async () => {
    const second = new KeptTerminal();
    const starting = runCommandLine(upArgs(), second);
    await second.untilSaid('  nats-server ', starting);
    second.emit('SIGTERM');
    await expect(starting).resolves.toBe(0);
    expect(second.stdout.text).toContain('(kept from an earlier start)');
    expect(second.stdout.text).toMatch(/Stopped\.\n$/);
    await until(async () => (await processes()).length === 0);
  });
});

describe('a configuration of one’s own', () => {
  /** As a person sets the variables: here they are those that a state folder would be given. */
  async function environment(urls: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const values = StateFolder.open(await mkdtemp(join(folder, 'values-')));
    values.release();
    return {
      ...demonstrationValues(values.secrets),
      ...ownValues('token-vault', values.secrets, urls),
    };
  }

  test('runs with databases that are there already, without the demonstration, once', async () => {
    const databases = await Promise.all([
      startTestDatabase('authorization-server'),
      startTestDatabase('token-vault'),
    ]);
    try {
      const urls = {
        AUTHORIZATION_SERVER_DATABASE_URL: databases[0].url.reveal(),
        TOKEN_VAULT_DATABASE_URL: databases[1].url.reveal(),
      };
      // Allowed, and worth a second look.
      const shared = `redirectUri: http://localhost:${base + 1}/oauth/callback`;
      const config = await configuration('own.yaml', (yaml) =>
        yaml
          .replace('name: demo', 'name: own')
          .replaceAll(/^( +)clientId: gatehouse$/gm, `$1clientId: gatehouse\n$1${shared}`)
          .replace('oauth2Config:\n', `oauth2Config:\n        issuer: http://localhost:${base + 4}\n`),
      );
      const args = ['up', '--once', '--port-base', String(base), '--state', join(folder, 'own')];
      const { code, stdout, stderr } = await gatehouse(
        [...args, '--config', config],
        await environment(urls),
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(
        /^Gatehouse own\n {2}configuration {2}.*own\.yaml\nThe configuration has 2 warnings:\n/,
      );
      expect(stdout).toMatch(/^ {2}services +\d+\.\d s +authorization-server, token-vault, vmcp-proxy$/m);
      expect(stdout).not.toMatch(/postgres|alice|^ {2}demonstration/m);
      expect(await processes()).toEqual([]);
    } finally {
      await Promise.all(databases.map((database) => database.close()));
    }
  });

  test('says which database is away, ends with 75 and leaves nothing running', async () => {
    const port = await freePort();
    const url = `postgres://someone:hidden-password@127.0.0.1:${port}/gatehouse`;
    const urls = { AUTHORIZATION_SERVER_DATABASE_URL: url, TOKEN_VAULT_DATABASE_URL: url };
    const config = await configuration('away.yaml', (yaml) => yaml);
    const args = ['up', '--port-base', String(base), '--state', join(folder, 'away'), '--config', config];
    const { code, stdout, stderr } = await gatehouse(args, await environment(urls));
    expect(code).toBe(75);
    expect(stderr).toContain(
      `The database at 127.0.0.1:${port}/gatehouse cannot be used: nothing listens there`,
    );
    expect(stdout + stderr).not.toContain('hidden-password');
    expect(await processes()).toEqual([]);
  });

  test('without its secrets is refused before anything starts, with 78 and all of their names', async () => {
    const config = await configuration('no-secrets.yaml', (yaml) => yaml);
    const args = ['up', '--port-base', String(base), '--state', join(folder, 'none'), '--config', config];
    const { code, stdout, stderr } = await gatehouse(args);
    expect([code, stdout]).toEqual([78, '']);
    for (const name of ['OCTO_CLIENT_SECRET', 'REPORTS_API_KEY', 'STS_CLIENT_SECRET'])
      expect(stderr).toContain(name);
  });

  test('that names no file is 66, ports that do not exist are 64, a state that is a file is 73', async () => {
    const nowhere = await gatehouse(upArgs('--config', join(folder, 'nowhere.yaml')));
    expect([nowhere.code, nowhere.stderr]).toEqual([
      66,
      expect.stringContaining('nowhere.yaml does not exist'),
    ]);
    const high = await gatehouse(['up', '--port-base', '65530', '--state', join(folder, 'high')]);
    expect([high.code, high.stderr]).toEqual([64, expect.stringContaining('leaves no room')]);
    const file = await configuration('a-file', (yaml) => yaml);
    const wrong = await gatehouse(['up', '--port-base', String(base), '--state', file]);
    expect([wrong.code, wrong.stderr]).toEqual([
      73,
      expect.stringContaining(`The state folder ${file} cannot be used`),
    ]);
  });
});

test('a port that somebody takes while the demonstration starts is named by what it printed', async () => {
  const opened = StateFolder.open(join(folder, 'taken'));
  const own = new Processes(opened.path('logs'));
  const ports = planPorts(base);
  const other = createServer();
  await new Promise<void>((done) => other.listen(ports.octo, '127.0.0.1', done));
  try {
    await expect(startDemonstration(opened, own, ports)).rejects.toThrow(
      new RegExp(
        `^demonstration ended with exit code 1 instead of becoming ready\\.\\nIts last lines:\\n.*octo.*${ports.octo}`,
        's',
      ),
    );
  } finally {
    await own.stop();
    await new Promise((done) => other.close(done));
    opened.release();
  }
});
