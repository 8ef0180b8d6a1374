import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import ts from 'typescript';
import { runCommandLine } from './command-line.js';
import { BUILD_FILE, DEMONSTRATION_CONFIGURATION, programOf } from './paths.js';
import { isSystemError, plainReason, reasonOf } from './reason.js';
import { gatehouse, KeptTerminal, type Ran } from './terminal.fixture.js';
import { refuseUnknownLocalhost } from './up/localhost.js';

const LARGEST_UID = 65_534;
let folder: string;
let full: string | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-errors-'));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'a-file'), 'text');
  writeFileSync(join(folder, 'binary.yaml'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]));
  writeFileSync(join(folder, 'latin.yaml'), Buffer.from('name: demo\n# Grüße\n', 'latin1'));
  mkdirSync(join(folder, 'read-only'), { mode: 0o555 });
  writeFileSync(join(folder, 'secret.yaml'), 'name: x', { mode: 0o600 });
  full = fullDisk(join(folder, 'full'));
});
afterAll(() => {
  if (full !== undefined) execFileSync('umount', [full]);
  rmSync(folder, { recursive: true, force: true });
});

/** A file system without room for a second file; only root can make one. */
function fullDisk(at: string): string | undefined {
  mkdirSync(at);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', at], { stdio: 'ignore' });
    return at;
  } catch {
    return undefined;
  }
}

const ONE_SENTENCE = /^\n[^\n]{20,}[^\n]*\n$/;

/** What people see: words, and something to do. */
function isHelpful({ stderr }: Ran): void {
  expect(stderr).not.toMatch(/^ +at |Error:|ENOENT|EACCES|ENOTDIR|EEXIST|ENOSPC|undefined|\[object/m);
  expect(stderr).toMatch(/gatehouse [a-z]|--[a-z]|chmod|http:|Stop it|Did you mean|help/);
}

describe('every error is a sentence with what to do next, never a stack', () => {
  const at = (name: string): string => join(folder, name);
  test.each<[string, () => string[], number, RegExp]>([
    [
      'a state that is a file',
      () => ['up', '--state', at('a-file')],
      73,
      /a file is in its place\. Choose another one: --state/,
    ],
    ['a state below a file', () => ['up', '--state', at('a-file/below')], 73, /a file is in its place/],
    [
      'a state where nothing can be made',
      () => ['up', '--state', '/proc/nope'],
      73,
      /\/proc\/nope cannot be used: it is below what cannot be made/,
    ],
    [
      'a configuration that is not there',
      () => ['up', at('none.yaml')],
      66,
      /does not exist.* Write one: gatehouse init/,
    ],
    ['the same for validate', () => ['validate', at('none.yaml')], 66, /Write one: gatehouse init/],
    ['a binary file', () => ['validate', at('binary.yaml')], 66, /is no text: byte 5 is NUL\./],
    [
      'a file in another encoding',
      () => ['validate', at('latin.yaml')],
      66,
      /is no text: line 2 is not UTF-8\./,
    ],
    ['a program as the configuration', () => ['up', process.execPath], 66, /is no text: byte \d+ is NUL/],
    ['two files', () => ['up', 'one.yaml', '--config', 'two.yaml'], 64, /Name one: gatehouse up one\.yaml/],
    ['a URL that is none', () => ['demonstrate', '--url', 'localhost'], 64, /such as http:/],
    ['no such command', () => ['valdate', 'x'], 64, /Did you mean validate\?/],
    [
      'no such command, near to nothing',
      () => ['frobnicate'],
      64,
      /unknown command 'frobnicate'.*gatehouse --help/s,
    ],
    ['no such option', () => ['up', '--stat', 'x'], 64, /Did you mean --state\?/],
    [
      'ports that do not exist',
      () => ['up', '--port-base', '65530', '--state', at('ports')],
      64,
      /leaves no room/,
    ],
  ])('%s', async (_what, args, code, said) => {
    const ran = await gatehouse(args());
    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(said) });
    isHelpful(ran);
  });

  test('a port that somebody has, for the demonstration and for a file of one’s own', async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((done) => other.listen(port, '127.0.0.1', done));
    try {
      const ran = await gatehouse(['up', '--port-base', String(port), '--state', at('taken')]);
      expect(ran.code).toBe(75);
      expect(ran.stderr).toMatch(
        /taken by another program:\n {2}\d+ {2}vmcp-proxy.*\nStop it, or move all ports: --port-base/s,
      );
      isHelpful(ran);
    } finally {
      await new Promise((done) => other.close(done));
    }
  });

  test('a gateway that does not answer', async () => {
    const ran = await gatehouse(['demonstrate', '--url', `http://127.0.0.1:${await freePort()}/mcp`]);
    expect(ran.code).toBe(75);
    expect(ran.stderr).toMatch(/nothing listens there|cannot be used/);
  });

  test('a disk that is full', async () => {
    // Only root can make one.
    if (full === undefined) return;
    const ran = await gatehouse(['up', '--state', full]);
    expect(ran).toMatchObject({
      code: 73,
      stderr: expect.stringMatching(/the disk is full\. Choose another one/),
    });
    isHelpful(ran);
  });
});

describe('for a user who may not', () => {
  /** The built program as somebody else: root may do everything. */
  const asNobody = async (...args: readonly string[]): Promise<Ran> =>
    await new Promise((resolve) => {
      const user = process.getuid?.() === 0 ? { uid: LARGEST_UID, gid: LARGEST_UID } : {};
      const command = [programOf('gatehouse'), ...args];
      execFile(
        process.execPath,
        command,
        { ...user, cwd: '/', env: { PATH: process.env['PATH'] } },
        (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });

  test.each([
    [
      'a state folder that cannot be written',
      ['up', '--state', 'read-only/state'],
      73,
      /this user may not write there\. Choose another one: --state/,
    ],
    [
      'a state folder that is there and cannot be written',
      ['up', '--state', 'read-only'],
      73,
      /this user may not write there/,
    ],
    [
      'a configuration that is somebody else’s',
      ['validate', 'secret.yaml'],
      66,
      /this user may not\. Allow it: chmod/,
    ],
  ])('%s', async (_what, args, code, said) => {
    const ran = await asNobody(
      ...args.map((word) => (/^(read-only|secret)/.test(word) ? join(folder, word) : word)),
    );
    expect(ran).toMatchObject({ code, stderr: expect.stringMatching(said) });
    expect(ran.stderr).toMatch(ONE_SENTENCE);
    isHelpful(ran);
  });
});

test('a machine that does not know localhost is told so before anything starts', async () => {
  const local = { publicUrl: 'http://localhost:4483' };
  const unknown = (): Promise<never> => Promise.reject(new Error('getaddrinfo ENOTFOUND localhost'));
  await expect(refuseUnknownLocalhost(local, unknown)).rejects.toThrow(
    'The name localhost has no address on this machine. Add the line "127.0.0.1 localhost" to /etc/hosts',
  );
  await refuseUnknownLocalhost(local);
  await refuseUnknownLocalhost({ ...local, publicUrl: 'https://gatehouse.example.com' }, unknown);
});

describe('what nobody has thought of', () => {
  const failing = async (error: Error, env = {}): Promise<Ran> => {
    const terminal = new KeptTerminal(env);
    terminal.stdout.write = () => {
      throw error;
    };
    const code = await runCommandLine(['validate', DEMONSTRATION_CONFIGURATION], terminal);
    return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
  };

  test('of the system is said in its words', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
      path: '/x',
    });
    expect(await failing(full)).toMatchObject({
      code: 73,
      stderr: '\nThe system refused (/x): the disk is full. Mend that, then run the command again.\n',
    });
    const other = Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO', syscall: 'write' });
    expect(await failing(other)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The system refused: EIO: i/o error'),
    });
  });

  test('of ours is one sentence; its stack comes when it is asked for', async () => {
    const ran = await failing(new Error('the sky is green'));
    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^\nA fault of Gatehouse itself: the sky is green\. .*GATEHOUSE_STACK=1/),
    });
    isHelpful(ran);
    await expect(failing(new Error('the sky is green'), { GATEHOUSE_STACK: '1' })).rejects.toThrow(
      'the sky is green',
    );
  });
});

/** What a sentence has that says what to do next. */
const SAYS_WHAT_TO_DO =
  /gatehouse [a-z]|--[a-z]|`[a-z]|Whole log:|\b(Allow|Change|Choose|Correct|Copy|Give|Keep|Let|Look|Make|Mend|Move|Name|Put|Remove|Restart|Restore|Run|run|Say|See|Set|Start|Stop|Take|Try|Use|Write|write|Add)\b/;

test('every error that a command can end with says what to do next', () => {
  const silent: string[] = [];
  let texts = 0;
  for (const name of readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || /\.(spec|fixture)\.ts$/.test(name)) continue;
    const file = ts.createSourceFile(
      name,
      readFileSync(join(import.meta.dirname, name), 'utf8'),
      ts.ScriptTarget.Latest,
    );
    const visit = (node: ts.Node): void => {
      const [message] =
        ts.isNewExpression(node) && node.expression.getText(file) === 'Cannot' ? (node.arguments ?? []) : [];
      const text = message?.getText(file) ?? '';
      if (/^['"`]/.test(text)) {
        texts += 1;
        // What another text says is looked at where that one is.
        const borrows = /\$\{(error\.message|missing\()/.test(text);
        if (!borrows && !SAYS_WHAT_TO_DO.test(text.replaceAll('\\n', ' '))) silent.push(`${name}: ${text}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  expect(silent).toEqual([]);
  expect(texts).toBeGreaterThan(50);
});

test('words for the system’s codes, and its own where there are none', () => {
  const error = (code: string): Error => Object.assign(new Error(`${code}: why`), { code, syscall: 'open' });
  expect(plainReason(error('EROFS'))).toBe('it is on a file system that cannot be written');
  expect(plainReason(error('EWHAT'))).toBe('EWHAT: why');
  expect(plainReason('text')).toBe(reasonOf('text'));
  expect([isSystemError(error('EIO')), isSystemError(new Error('x')), isSystemError('x')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('a wrong file leaves no state folder behind, and a checkout has no build file', async () => {
  const file = join(folder, 'wrong.yaml');
  writeFileSync(file, 'name: demo\n');
  const { code } = await gatehouse(['up', file]);
  expect(code).toBe(78);
  expect(readdirSync(folder)).not.toContain('.gatehouse');
  expect(BUILD_FILE).toMatch(/build\.json$/);
});
