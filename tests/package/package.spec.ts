import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortBase } from '@gatehouse/testing/free-port';
import { printFigure } from '@gatehouse/testing/figures';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

/** As many as a gateway with its demonstration takes. */
const PORT_COUNT = 14;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let home: string;

/** In the empty folder, with nothing of the repository in reach: neither its programs on PATH, nor variables of this run. */
const run = async (program: string, args: readonly string[], cwd = home): Promise<Ran> =>
  await new Promise((resolve) => {
    const outside = (process.env['PATH'] ?? '').split(':').filter((one) => !one.includes('node_modules'));
    const env = {
      HOME: process.env['HOME'],
      // The Node of the machine, which may be older than what the programs are written for.
      PATH: outside.join(':'),
      NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'],
    };
    execFile(program, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
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
