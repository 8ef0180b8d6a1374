import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  lstatSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Cannot } from '../cannot.js';
import { programOf } from '../paths.js';
import { gatehouse } from '../terminal.fixture.js';
import { CLIENT_NAMES, clientFile, type ClientFile, type ClientName, type Scope } from './client-files.js';
import { withEntry } from './entries.js';

const URL_HERE = 'http://localhost:4483/mcp';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-clients-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (client: ClientName, scope: Scope = 'project'): ClientFile => {
  const file = clientFile(client, scope, { project: folder, home: join(folder, 'home') });
  if (file === undefined) throw new Error('none');
  return file;
};

/** The built program in the folder, as a person runs it there. */
const here = (...args: readonly string[]): string =>
  execFileSync(process.execPath, [programOf('gatehouse'), 'client', 'add', ...args], {
    cwd: folder,
    env: { HOME: join(folder, 'home'), PATH: process.env['PATH'] },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

describe('each client gets what its documentation says', () => {
  const WRITTEN: Readonly<Record<ClientName, string>> = {
    claude: '{"mcpServers":{"gatehouse":{"type":"http","url":"http://localhost:4483/mcp"}}}',
    codex: '[mcp_servers.gatehouse]\nurl = "http://localhost:4483/mcp"\n',
    vscode: '{"servers":{"gatehouse":{"type":"http","url":"http://localhost:4483/mcp"}}}',
    cursor: '{"mcpServers":{"gatehouse":{"url":"http://localhost:4483/mcp"}}}',
    gemini: '{"mcpServers":{"gatehouse":{"httpUrl":"http://localhost:4483/mcp"}}}',
  };

  test.each([...CLIENT_NAMES])('%s: added, added again, removed; nobody else may read the file', (client) => {
    const file = at(client);
    const plain = (text: string): string =>
      file.format === 'json' ? JSON.stringify(JSON.parse(text)) : text;
    expect(here(client)).toContain('Sign in: ');
    const first = readFileSync(file.path, 'utf8');
    expect(plain(first)).toBe(WRITTEN[client]);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    here(client);
    expect(readFileSync(file.path, 'utf8')).toBe(first);
    here(client, '--url', 'https://gatehouse.example.com/mcp');
    expect(readFileSync(file.path, 'utf8')).toBe(
      first.replace(URL_HERE, 'https://gatehouse.example.com/mcp'),
    );
    expect(here(client, '--remove')).toContain('has no gatehouse any more');
    expect(readFileSync(file.path, 'utf8')).not.toContain('gatehouse');
    // Nothing half written is left.
    expect(readdirSync(dirname(file.path)).filter((name) => name.includes('.gatehouse-'))).toEqual([]);
  });
});

test('what else a file has stays: other servers, fields nobody here knows, its indentation and rights', () => {
  const before =
    '{\n    "mcpServers": {\n        "other": {\n            "command": "x"\n        }\n    },\n    "theme": "dark"\n}\n';
  writeFileSync(join(folder, '.mcp.json'), before, { mode: 0o640 });
  here('claude');
  expect(JSON.parse(readFileSync(join(folder, '.mcp.json'), 'utf8'))).toEqual({
    mcpServers: { other: { command: 'x' }, gatehouse: { type: 'http', url: URL_HERE } },
    theme: 'dark',
  });
  expect(statSync(join(folder, '.mcp.json')).mode & 0o777).toBe(0o640);
  here('claude', '--remove');
  expect(readFileSync(join(folder, '.mcp.json'), 'utf8')).toBe(before);
});

test('a TOML file keeps its comments and its other tables, also those after ours', () => {
  const before =
    '# mine\nmodel = "o3"\n\n[mcp_servers.gatehouse]\nurl = "http://old"\n\n[mcp_servers.gatehouse.env]\nA = "b"\n\n[mcp_servers.other]\ncommand = "x" # kept\n';
  const file = at('codex');
  expect(withEntry(file, before, 'gatehouse', URL_HERE)).toBe(
    '# mine\nmodel = "o3"\n\n[mcp_servers.other]\ncommand = "x" # kept\n\n[mcp_servers.gatehouse]\nurl = "http://localhost:4483/mcp"\n',
  );
  expect(withEntry(file, '[mcp_servers.gatehouse]\nurl = "x"\n', 'gatehouse', undefined)).toBe('');
});

test.each([
  ['servers in a table of their own form', '[mcp_servers]\ngatehouse = { url = "http://old" }\n'],
  ['a header inside of a long string', 'note = """\n[mcp_servers.gatehouse]\nurl = 1\n"""\nmodel = "o3"\n'],
  ['what is no TOML', '[mcp_servers\n'],
])('a TOML file with %s stays as it is, and is named', (_what, text) => {
  expect(() => withEntry(at('codex'), text, 'gatehouse', URL_HERE)).toThrow(/stays as it is.*--print/);
});

test('a symbolic link stays one, and what it leads to is written, also where nothing is there yet', () => {
  mkdirSync(join(folder, 'dotfiles'));
  writeFileSync(join(folder, 'dotfiles/mcp.json'), '{}', { mode: 0o640 });
  symlinkSync('dotfiles/mcp.json', join(folder, '.mcp.json'));
  here('claude');
  expect(lstatSync(join(folder, '.mcp.json')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, 'dotfiles/mcp.json'), 'utf8')).toContain(URL_HERE);
  mkdirSync(join(folder, '.gemini'));
  symlinkSync('../dotfiles/settings.json', join(folder, '.gemini/settings.json'));
  here('gemini');
  expect(readFileSync(join(folder, 'dotfiles/settings.json'), 'utf8')).toContain(URL_HERE);
});

test.each(['// a comment\n{}', '[]', '{"mcpServers": []}', '{"mcpServers": {'])(
  'a file that is not plain JSON (%j) stays as it is, and is named',
  (text) => {
    const file = at('claude');
    expect(() => withEntry(file, text, 'gatehouse', URL_HERE)).toThrow(Cannot);
    expect(() => withEntry(file, text, 'gatehouse', URL_HERE)).toThrow(/stays as it is.*--print/);
  },
);

test('--print writes nothing; the user’s own file is in the home folder', () => {
  expect(JSON.parse(here('gemini', '--print', '--scope', 'user'))).toEqual({
    mcpServers: { gatehouse: { httpUrl: URL_HERE } },
  });
  expect(readdirSync(folder)).toEqual([]);
  // What else is there may be somebody's tokens: it is not printed.
  writeFileSync(join(folder, '.mcp.json'), '{"token": "a-secret"}');
  expect(here('claude', '--print')).not.toContain('a-secret');
  rmSync(join(folder, '.mcp.json'));
  here('cursor', '--scope', 'user', '--name', 'work');
  expect(readFileSync(join(folder, 'home/.cursor/mcp.json'), 'utf8')).toContain('"work"');
  // Taking out what was never there makes no file.
  here('gemini', '--remove');
  expect(existsSync(join(folder, '.gemini'))).toBe(false);
});

test.each([
  [['emacs'], 64, 'Choose one of claude, codex, vscode, cursor, gemini'],
  [['vscode', '--scope', 'user'], 64, '--scope project'],
  [['claude', '--name', 'a b'], 64, '--name gatehouse'],
  [['claude', '--url', 'gatehouse'], 64, '--url https://'],
  [['claude', '--scope', 'all'], 64, 'Allowed choices are project, user'],
])('%j is refused with what would be right', async (args, code, said) => {
  expect(await gatehouse(['client', 'add', ...args])).toMatchObject({
    code,
    stderr: expect.stringContaining(said),
  });
});

test('a file that cannot be read or written is named', () => {
  mkdirSync(join(folder, '.mcp.json'));
  expect(() => here('claude')).toThrow(/a folder is in the place of a file/);
  writeFileSync(join(folder, '.cursor'), 'a file where the folder should be');
  expect(() => here('cursor')).toThrow(/cannot be (read|written): a file is in its place/);
});

test('--json says which file has which entry, and what to do next; --print is something else', async () => {
  expect(JSON.parse(here('claude', '--name', 'team', '--json'))).toEqual({
    client: 'claude',
    file: join(realpathSync(folder), '.mcp.json'),
    name: 'team',
    url: URL_HERE,
    next: 'claude mcp login team',
  });
  expect(JSON.parse(here('claude', '--name', 'team', '--remove', '--json'))).toEqual({
    client: 'claude',
    file: join(realpathSync(folder), '.mcp.json'),
    name: 'team',
    removed: true,
  });
  const { code, stdout } = await gatehouse(['client', 'add', 'claude', '--print', '--json']);
  expect([code, JSON.parse(stdout)]).toMatchObject([64, { error: { kind: 'usage', exitCode: 64 } }]);
});
