import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { DEMONSTRATION_CONFIGURATION } from './paths.js';
import { gatehouse } from './terminal.fixture.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-command-line-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const demonstration = readFileSync(DEMONSTRATION_CONFIGURATION, 'utf8');

function written(text: string): string {
  const file = join(folder, 'gatehouse.yaml');
  writeFileSync(file, text);
  return file;
}

const COMMANDS = [
  'init',
  'up',
  'validate',
  'schema',
  'nats-configuration',
  'migrate',
  'bridge',
  'audit',
  'demonstrate',
  'version',
];

describe('help', () => {
  test('that was asked for goes to standard output, names every command and ends with 0', async () => {
    const { code, stdout, stderr } = await gatehouse(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  test.each([
    [
      ['up', '--help'],
      ['--once', '--port-base', '(default: 4483)', '--replicas'],
    ],
    [['help', 'migrate'], ['--config <file>']],
    [
      ['audit', '--help'],
      ['archive', 'verify'],
    ],
    [
      ['sessions', '--help'],
      ['end', '--account <who>', '--limit <count>'],
    ],
    [
      ['audit', 'archive', '--help'],
      ['--remove', '--before'],
    ],
  ])('%j shows the options of that command', async (args, shown) => {
    const { code, stdout } = await gatehouse(args);
    expect(code).toBe(0);
    for (const option of shown) expect(stdout).toContain(option);
  });

  test.each([[[]], [['audit']]])(
    'that nobody asked for (%j) is the answer to a missing command',
    async (args) => {
      const { code, stdout, stderr } = await gatehouse(args);
      expect([code, stdout]).toEqual([64, '']);
      expect(stderr).toContain('Usage: gatehouse');
    },
  );
});

describe('what was typed wrong is said in a line, with exit code 64', () => {
  test.each([
    [['validat', 'x'], "unknown command 'validat'", 'Did you mean validate?'],
    [['audit', 'veryfy'], "unknown command 'veryfy'", 'Did you mean verify?'],
    [['up', '--onec'], "unknown option '--onec'", 'Did you mean --once?'],
    [['validate'], "missing required argument 'file'"],
    [['validate', 'a', 'b'], 'too many arguments'],
    [['migrate'], "required option '--config <file>' not specified"],
    [['up', '--port-base'], "option '--port-base <port>' argument missing"],
    [['up', '--port-base', 'http'], "argument 'http' is invalid", 'Not a whole number'],
    [['up', '--port-base', '70000'], "argument '70000' is invalid", 'From 1 to 65535.'],
    [['up', '--replicas', '0'], "argument '0' is invalid", 'From 1 to 9.'],
    [['up', '--replicas', '10'], 'From 1 to 9.'],
    [['nats-configuration', 'x', '--port', '-1'], 'Not a whole number'],
    [['nats-configuration', 'x', '--monitor-port', '0'], 'From 1 to 65535.'],
    [['audit', 'verify', '--config', 'x', '--last', 'seven'], 'Not a whole number'],
    [['demonstrate', '--url', 'localhost:4483'], '--url takes the URL of an MCP endpoint'],
    [['demonstrate', '--url', 'mcp'], '--url takes the URL of an MCP endpoint'],
  ])('%j', async (args, ...said) => {
    const { code, stdout, stderr } = await gatehouse(args);
    expect([code, stdout]).toEqual([64, '']);
    for (const words of said) expect(stderr).toContain(words);
  });
});

describe('validate', () => {
  test('of a right configuration ends with 0, with and without its reasons', async () => {
    const short = await gatehouse(['validate', DEMONSTRATION_CONFIGURATION]);
    expect(short).toMatchObject({ code: 0, stderr: '' });
    const [said, next, ...more] = short.stdout.trimEnd().split('\n');
    expect(said).toMatch(/ is valid: gateway "demo"/);
    expect([next, more]).toEqual([expect.stringMatching(/^Start it: .*gatehouse up \S+$/), []]);
    const long = await gatehouse(['validate', '--explain', DEMONSTRATION_CONFIGURATION]);
    expect(long.code).toBe(0);
    expect(long.stdout).toContain('authServer.upstreamProviders.octo.redirectUri');
    expect(long.stdout.endsWith(short.stdout)).toBe(true);
  });

  test('of a wrong one lists every finding with its line and what to write instead, and ends with 78', async () => {
    const file = written(
      demonstration
        .replace('upstreamInject: { providerName: octo }', 'upstreamInject: { providerName: oktto }')
        .replace('- { name: status,', '- { name: repos,')
        .concat('bakends: []\n'),
    );
    const { code, stdout, stderr } = await gatehouse(['validate', file]);
    expect([code, stdout]).toEqual([78, '']);
    expect(stderr).toMatch(/^The configuration has 3 problems:$/m);
    const findings = stderr.split('\n');
    for (const path of ['outgoingAuth.backends.repos', 'backends[1].name', 'bakends'])
      expect(findings.some((line) => line.startsWith(`  ${file}:`) && line.includes(`  ${path}`))).toBe(true);
    expect(stderr).toContain('write instead: ');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test.each([
    ['what is no YAML', 'name: [', 78],
    ['nothing', '', 78],
    ['a list', '- name: demo\n', 78],
  ])('of %s ends with %s and a sentence', async (_what, text, expected) => {
    const { code, stderr } = await gatehouse(['validate', written(text)]);
    expect(code).toBe(expected);
    expect(stderr).toMatch(/The configuration has \d+ problems?:\n {2}.*gatehouse\.yaml/);
  });

  test('--check-secrets names each secret that is not there or is not what it must be, and no value', async () => {
    const file = written(demonstration);
    const { code, stderr } = await gatehouse(['validate', '--check-secrets', file]);
    expect(code).toBe(78);
    expect(stderr).toContain('The environment variable ');
    for (const path of ['vault.keyEncryptionKeys[0]', 'postgres.tokenVault.url', 'nats.credentials'])
      expect(stderr).toContain(`  ${path}\n`);
    expect((await gatehouse(['validate', file])).code).toBe(0);
  });

  test('says what deserves a second look, and ends with 0', async () => {
    const shared = 'redirectUri: http://localhost:4484/oauth/callback';
    const file = written(
      demonstration
        .replaceAll(/^( +)clientId: gatehouse$/gm, `$1clientId: gatehouse\n$1${shared}`)
        .replace('oauth2Config:\n', 'oauth2Config:\n        issuer: http://localhost:4487\n'),
    );
    const { code, stdout } = await gatehouse(['validate', file]);
    expect(code).toBe(0);
    expect(stdout).toContain('2 warnings');
    expect(stdout).toContain('is valid');
  });
});

test.each([
  [['validate', 'FILE']],
  [['nats-configuration', 'FILE']],
  [['migrate', '--config', 'FILE']],
  [['demonstrate', '--config', 'FILE']],
  [['audit', 'verify', '--config', 'FILE']],
  [['audit', 'archive', '--config', 'FILE', '--directory', 'x', '--before', '30d']],
])('%j: a file that is not there is named, with exit code 66; a folder likewise', async (args) => {
  for (const file of [join(folder, 'nowhere.yaml'), folder]) {
    const { code, stderr } = await gatehouse(args.map((word) => (word === 'FILE' ? file : word)));
    expect(code).toBe(66);
    expect(stderr).toContain(`\nThe configuration ${file} does not exist or cannot be read.`);
  }
});

describe('nats-configuration', () => {
  test('prints a configuration and nothing else', async () => {
    const options = ['--host', '0.0.0.0', '--port', '4333', '--monitor-port', '8222', '--store', '/data'];
    const plain = await gatehouse(['nats-configuration', DEMONSTRATION_CONFIGURATION]);
    const whole = await gatehouse(['nats-configuration', DEMONSTRATION_CONFIGURATION, ...options]);
    expect([plain.code, whole.code, plain.stderr, whole.stderr]).toEqual([0, 0, '', '']);
    expect(plain.stdout).toMatch(/^listen: "127\.0\.0\.1:4222"$/m);
    expect(plain.stdout).toMatch(/^jetstream \{\}$/m);
    expect(whole.stdout).toMatch(/^listen: "0\.0\.0\.0:4333"$/m);
    expect(whole.stdout).toMatch(/^http: "127\.0\.0\.1:8222"$/m);
    expect(whole.stdout).toMatch(/^jetstream \{ store_dir: "\/data" \}$/m);
  });
});

describe('version', () => {
  test('says what runs here, for people and as JSON', async () => {
    const [people, programs] = [await gatehouse(['version']), await gatehouse(['version', '--json'])];
    expect([people.code, programs.code]).toEqual([0, 0]);
    expect(people.stdout.split('\n').map((line) => line.split(/ +/)[0])).toEqual([
      'gatehouse',
      'node',
      'nats-server',
      'postgres',
      '',
    ]);
    expect(JSON.parse(programs.stdout)).toEqual({
      gatehouse: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      natsServer: expect.stringMatching(/^\d+\./),
      postgres: expect.stringMatching(/^\d+\./),
    });
  });
});

describe('demonstrate', () => {
  test('says that nothing answers there, which may be another matter later (exit code 75)', async () => {
    const url = `http://127.0.0.1:${await freePort()}/mcp`;
    const { code, stderr } = await gatehouse(['demonstrate', '--url', url]);
    expect(code).toBe(75);
    expect(stderr).toMatch(/^http.* cannot be used: .*ECONNREFUSED/m);
    expect(stderr).toContain(url);
  });
});

test('schema prints the JSON Schema of the configuration, whole', async () => {
  const { code, stdout, stderr } = await gatehouse(['schema']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const schema = JSON.parse(stdout) as { properties: Record<string, unknown> };
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(['name', 'publicUrl', 'backends']));
});
