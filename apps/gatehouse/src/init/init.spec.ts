import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { PROFILE_NAMES } from '@gatehouse/config/model/profile-names';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runCommandLine } from '../command-line.js';
import { gatehouse, KeptTerminal } from '../terminal.fixture.js';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'gatehouse-init-')), 'My Team');
  mkdirSync(folder);
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const file = (): string => join(folder, 'gatehouse.yaml');

test('with defaults it writes a file that is valid, and keys that only their owner may read', async () => {
  const { code, stdout, stderr } = await gatehouse(['init', folder, '--yes']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('gatehouse up ');
  expect(readFileSync(file(), 'utf8')).toContain('name: "my-team"');
  expect(readdirSync(join(folder, 'keys')).sort()).toEqual([
    '.gitignore',
    'bridge.secret',
    'token-vault.key',
  ]);
  expect(statSync(join(folder, 'keys/token-vault.key')).mode & 0o777).toBe(0o600);
  expect(Buffer.from(readFileSync(join(folder, 'keys/token-vault.key'), 'utf8'), 'base64')).toHaveLength(32);
  expect(await gatehouse(['validate', file()])).toMatchObject({ code: 0, stderr: '' });
  // An editor finds the schema that the first line names.
  const [, schema = 'none'] =
    /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(file(), 'utf8')) ?? [];
  expect(JSON.parse(readFileSync(join(folder, schema), 'utf8'))).toMatchObject({ properties: { name: {} } });
});

test('what is there stays: a file unless --force, keys in any case', async () => {
  writeFileSync(file(), 'mine');
  const refused = await gatehouse(['init', folder, '--yes']);
  expect(refused).toMatchObject({ code: 73, stderr: expect.stringContaining('gatehouse init --force') });
  expect(readdirSync(folder)).toEqual(['gatehouse.yaml']);
  await gatehouse(['init', folder, '--yes', '--force']);
  const key = readFileSync(join(folder, 'keys/token-vault.key'), 'utf8');
  await gatehouse(['init', folder, '--yes', '--force', '--name', 'second']);
  expect(readFileSync(join(folder, 'keys/token-vault.key'), 'utf8')).toBe(key);
  expect(readFileSync(file(), 'utf8')).toContain('name: "second"');
});

test.each([...PROFILE_NAMES])(
  'a file for %s is valid, and says which callback to register',
  async (profile) => {
    const args = [
      '--provider',
      profile,
      '--client-id',
      'abc',
      '--backend',
      'one=https://one.example/mcp',
      'two=https://two.example/mcp',
    ];
    const made = await gatehouse(['init', folder, '--yes', ...args], { CLIENT_SECRET: 'a-secret' });
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toMatch(
      new RegExp(`Register this callback at .*: http://localhost:\\d+/oauth/callback/${profile}`),
    );
    expect(readFileSync(join(folder, `keys/${profile}.secret`), 'utf8')).toBe('a-secret\n');
    expect(readFileSync(file(), 'utf8')).not.toContain('a-secret');
    expect(await gatehouse(['validate', file()])).toMatchObject({ code: 0, stderr: '' });
  },
);

describe('asked at a terminal', () => {
  async function answering(
    ...lines: readonly string[]
  ): Promise<{ code: number; said: string; wrong: string }> {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const terminal = Object.assign(new KeptTerminal(), { stdin });
    stdin.end(lines.map((line) => `${line}\n`).join(''));
    const code = await runCommandLine(['init', folder], terminal);
    return { code, said: terminal.stdout.text, wrong: terminal.stderr.text };
  }

  test('a person answers five questions, and an empty answer is the default', async () => {
    const { code, said } = await answering(
      'team',
      'https://gatehouse.example.com',
      'github',
      'one=https://one.example/mcp',
    );
    expect([code, said]).toEqual([64, expect.stringContaining('Name of the gateway (my-team): ')]);
    const whole = await answering('team', 'https://gatehouse.example.com', 'github', 'id-1', '', 'secret-1');
    expect(whole).toMatchObject({ code: 0, wrong: '' });
    const text = readFileSync(file(), 'utf8');
    for (const part of ['name: "team"', 'https://auth.gatehouse.example.com/oauth/callback/github', '"id-1"'])
      expect(text).toContain(part);
  });

  test('whose answers end is told that nothing was written', async () => {
    expect(await answering('team')).toMatchObject({
      code: 64,
      wrong: expect.stringContaining('Nothing was written'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test.each(['localhost', '127.0.0.1'])('a URL at %s: the gateway listens at its port', async (host) => {
  const args = ['--public-url', `http://${host}:23456`, '--provider', 'github', '--client-id', 'abc'];
  expect(await gatehouse(['init', folder, '--yes', ...args])).toMatchObject({ code: 0, stderr: '' });
  const text = readFileSync(file(), 'utf8');
  expect(text).toContain('proxy: { port: 23456 }');
  expect(text).toContain(`issuer: "http://${host}:23457"`);
  expect(await gatehouse(['validate', file()])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`gatehouse up ${file()}`),
  });
});

test.each([
  [[], 'There is nobody here to ask'],
  [['--yes', '--provider', 'gitub'], 'There is no provider gitub. Choose one of'],
  [['--yes', '--public-url', 'gatehouse'], 'is no URL that clients could reach'],
  [['--yes', '--backend', 'one'], 'A backend is a name and a URL'],
])('what cannot be taken is said with what would be right: %j', async (args, said) => {
  const { code, stderr } = await gatehouse(['init', folder, ...args]);
  expect([code, stderr]).toEqual([64, expect.stringContaining(said)]);
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder where nothing can be written', async () => {
  const { code, stderr } = await gatehouse(['init', '/proc/self/nope', '--yes']).finally(() => undefined);
  expect([code, stderr]).toEqual([73, expect.stringContaining('cannot be written')]);
});

test('a name that the rules refuse is refused before anything is written', async () => {
  const { code } = await gatehouse(['init', folder, '--yes', '--name', 'Not A Name']);
  expect([code, readdirSync(folder)]).toEqual([78, []]);
});
