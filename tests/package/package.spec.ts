import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePortBase } from '@gatehouse/testing/free-port';
import { Demonstration } from '@gatehouse/testing/demonstration';
import { printFigure } from '@gatehouse/testing/figures';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { offered } from '../support/first-use/next-command.js';
import { CTRL_C, RecordedTerminal, TERMINAL_KIND } from '../support/first-use/recorded-terminal.js';

/** As many as a gateway with its demonstration takes. */
const PORT_COUNT = 14;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let home: string;

/** Nothing of the repository is in reach: neither its programs on PATH, nor variables of this run. */
function outside(...programs: readonly string[]) {
  // The Node of the machine may be older than what the programs are written for.
  const path = (process.env['PATH'] ?? '').split(':').filter((one) => !one.includes('node_modules'));
  const { HOME = '/tmp', NODE_EXTRA_CA_CERTS } = process.env;
  return {
    HOME,
    PATH: [...programs, ...path].join(':'),
    ...(NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS }),
  };
}

/** In the empty folder. */
const run = async (program: string, args: readonly string[], cwd = home): Promise<Ran> =>
  await new Promise((resolve) => {
    execFile(program, args, { cwd, env: outside(), maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });

const gatehouse = async (...args: readonly string[]): Promise<Ran> =>
  await run(join(home, 'node_modules/.bin/gatehouse'), args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-package-'));
  // Postgres does not run as root; its own user has to get into the folder.
  await chmod(folder, 0o755);
  home = join(folder, 'empty');
  await mkdir(home);
  const packed = await run(
    process.execPath,
    [inRepository('tools/pack.mjs'), '--no-build', '--out', folder],
    folder,
  );
  expect(packed).toMatchObject({ code: 0 });
  const [archive = 'none'] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const beganMs = Date.now();
  const flags = ['--prefix', home, '--no-audit', '--no-fund', '--loglevel=error'];
  const installed = await run('npm', ['install', ...flags, join(folder, archive)]);
  expect(installed).toMatchObject({ code: 0 });
  printFigure(`package | installed in | ${((Date.now() - beganMs) / 1000).toFixed(1)} s`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the package says its version and the commit that it was made of', async () => {
  const { code, stdout } = await gatehouse('version', '--json');
  expect(code).toBe(0);
  const { version } = JSON.parse(await readFile(inRepository('package.json'), 'utf8')) as {
    readonly version: string;
  };
  expect(JSON.parse(stdout)).toMatchObject({ gatehouse: version, natsServer: expect.any(String) });
});

test('the package has no test, no source, no map and no key in it', async () => {
  const files = await readdir(join(home, 'node_modules/gatehouse'), { recursive: true });
  expect(files.length).toBeGreaterThan(500);
  expect(
    files.filter(
      (path) => !path.startsWith('node_modules/') && /\.(spec|fixture)\.|\.map$|\.ts$|\.key$/.test(path),
    ),
  ).toEqual([]);
});

test('validate reads a file with all rules, policies included', async () => {
  const example = join(home, 'node_modules/gatehouse/examples/authorization/gatehouse.yaml');
  const { code, stdout, stderr } = await gatehouse('validate', example);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('is valid');
});

test('up --once starts a whole gateway from the package, and every backend gets the right token', async () => {
  const beganMs = Date.now();
  const { code, stdout, stderr } = await gatehouse(
    'up',
    '--once',
    '--port-base',
    String(await freePortBase(PORT_COUNT)),
  );
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toContain('All 6 as configured.');
  // State is kept where the person is, not in the package.
  expect(await readdir(join(home, '.gatehouse'))).toEqual(['demo']);
  expect(stdout).toContain(`state          ${join(home, '.gatehouse/demo')}`);
  printFigure(`package | up --once in | ${((Date.now() - beganMs) / 1000).toFixed(1)} s`);
});

test('init, validate, up: a gateway of one’s own from an empty folder, with nothing else at hand', async () => {
  const beganMs = Date.now();
  expect(await gatehouse('init', 'own', '--yes')).toMatchObject({ code: 0, stderr: '' });
  expect(await gatehouse('validate', 'own/gatehouse.yaml')).toMatchObject({ code: 0, stderr: '' });
  const up = await gatehouse('up', 'own/gatehouse.yaml', '--once');
  expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Ready in .*MCP endpoint: http:/m) });
  // Keys and passwords are kept beside the file.
  expect((await readdir(join(home, 'own'))).sort()).toEqual([
    '.gatehouse',
    'gatehouse.schema.json',
    'gatehouse.yaml',
    'keys',
  ]);
  printFigure(
    `package | init, validate and up of one's own in | ${((Date.now() - beganMs) / 1000).toFixed(1)} s`,
  );
});

describe('the first use', () => {
  const CLIENT_SECRET = 'acme-demo-secret';
  let world: { readonly gateway: number; readonly portBase: number };
  let demonstration: Demonstration | undefined;
  const terminals: RecordedTerminal[] = [];
  const openTerminal = async (at: string): Promise<RecordedTerminal> => {
    const terminal = await RecordedTerminal.open(at, outside(folder, join(home, 'node_modules/.bin')));
    terminals.push(terminal);
    return terminal;
  };

  beforeAll(async () => {
    world = { gateway: await freePortBase(PORT_COUNT), portBase: await freePortBase(PORT_COUNT) };
    const script = inRepository('tests/dist/support/first-use/claude-stand-in.js');
    await writeFile(join(folder, 'claude'), `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`, {
      mode: 0o755,
    });
  });
  afterAll(async () => {
    for (const terminal of terminals) terminal.close();
    await demonstration?.program.stop();
  });

  /** What a person answers to each question; an empty answer takes what is offered. */
  const answers = (): readonly (readonly [question: RegExp, answer: string])[] => [
    [/Name of the gateway [^\n]*: $/, ''],
    [/URL that clients reach it at [^\n]*: $/, `http://localhost:${world.gateway}`],
    [/Provider that people sign in at [^\n]*: $/, 'dex'],
    [/baseUrl: [^\n]*: $/, `http://localhost:${world.portBase + 3}`],
    [/Client id there [^\n]*: $/, 'gatehouse'],
    [/MCP servers, [^\n]*: $/, `directory=http://localhost:${world.portBase + 7}/directory/mcp`],
    [/Client secret there [^\n]*: $/, CLIENT_SECRET],
  ];

  /** The person’s provider: they register there what the screen says. */
  const register = async (callback: string): Promise<void> => {
    demonstration = new Demonstration(world.portBase, [`--callback-url=${callback}`]);
    await demonstration.program.start();
  };

  // Each of its steps may take as long as one test elsewhere.
  test('in a terminal, from an empty folder to a signed-in client: each screen says what to type next', async () => {
    const beganMs = Date.now();
    const own = join(folder, 'first use');
    await mkdir(own);
    const terminal = await openTerminal(own);

    // The only command that a person has to know.
    let from = terminal.text.length;
    terminal.type('gatehouse init');
    for (const [question, answer] of answers()) {
      await terminal.shows(question, from);
      from = terminal.text.length;
      terminal.type(answer);
    }
    const init = await terminal.ended(from);
    expect(init.code).toBe(0);
    await register(offered(init.text, 'Register this callback at Dex:'));

    const validated = await terminal.run(offered(init.text, 'Check it:'));
    expect(validated).toMatchObject({ code: 0, text: expect.stringContaining('is valid') });

    from = terminal.text.length;
    terminal.type(offered(validated.text, 'Start it:'));
    const up = await terminal.shows(/Running\. Ctrl-C stops it\.\n$/, from);

    const second = await openTerminal(own);
    const added = await second.run(offered(up, 'Connect your own client.*:\n'));
    expect(added.code).toBe(0);
    const signedIn = await second.run(offered(added.text, 'Sign in:'));
    expect(signedIn).toMatchObject({
      code: 0,
      text: expect.stringContaining('directory_whoami: jwt of acme-alice'),
    });

    from = terminal.text.length;
    terminal.type(CTRL_C);
    expect(await terminal.ended(from)).toMatchObject({ code: 0, text: expect.stringContaining('Stopped.') });
    // What is typed without an echo is in no record.
    expect(terminal.text).not.toContain(CLIENT_SECRET);

    printFigure(
      `package | first use in a terminal (${TERMINAL_KIND}), from init to a signed-in client | ${((Date.now() - beganMs) / 1000).toFixed(1)} s`,
    );
    const results = dirname(process.env['GATEHOUSE_FIGURES'] ?? join(folder, 'figures.txt'));
    terminal.record(join(results, 'first-use-gateway'));
    second.record(join(results, 'first-use-client'));
    expect((await readFile(join(results, 'first-use-client.cast'), 'utf8')).split('\n')[0]).toContain(
      '"version":2',
    );
  }, 900_000);
});

test('fetched by npx for one command, it says what to type next in that form', async () => {
  // Where npm keeps it, with what npm writes there of what was typed. Nothing else of this file runs after it.
  const kept = join(folder, 'cache/_npx/0123456789abcdef');
  await mkdir(kept, { recursive: true });
  await rename(join(home, 'node_modules'), join(kept, 'node_modules'));
  await writeFile(
    join(kept, 'package.json'),
    JSON.stringify({ _npx: { packages: ['./gatehouse-1.2.3.tgz'] } }),
  );
  const program = join(kept, 'node_modules/.bin/gatehouse');
  const init = await run(program, ['init', 'fetched', '--yes']);
  expect(init).toMatchObject({ code: 0, stderr: '' });
  expect(offered(init.stdout, 'Check it:')).toBe('npx ./gatehouse-1.2.3.tgz validate fetched/gatehouse.yaml');
  const validated = await run(program, ['validate', 'fetched/gatehouse.yaml']);
  expect(offered(validated.stdout, 'Start it:')).toBe('npx ./gatehouse-1.2.3.tgz up fetched/gatehouse.yaml');
  expect(await run(program, ['validate', 'nowhere.yaml'])).toMatchObject({
    code: 66,
    stderr: expect.stringContaining('Write one: npx ./gatehouse-1.2.3.tgz init <folder>'),
  });
});
