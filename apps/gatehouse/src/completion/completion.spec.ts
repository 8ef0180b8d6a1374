import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { printFigure } from '@gatehouse/testing/figures';
import { gatehouse } from '../terminal.fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-completion-'));
  await writeFile(join(folder, 'some.yaml'), '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function scriptOf(shell: string): Promise<string> {
  const { code, stdout } = await gatehouse(['completion', shell]);
  expect(code).toBe(0);
  const file = join(folder, `gatehouse.${shell}`);
  await writeFile(file, stdout);
  return file;
}

const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** What is typed, with the cursor at its end, and what has to be among the answers. */
const TYPED: readonly (readonly [string, readonly string[], string])[] = [
  ['gatehouse va', ['validate'], 'version'],
  ['gatehouse audit ', ['archive', 'verify'], 'validate'],
  ['gatehouse audit verify --off', ['--offline'], '--once'],
  ['gatehouse client add --scope ', ['project', 'user'], '--scope'],
  ['gatehouse sessions --acc', ['--account'], '--once'],
  ['gatehouse completion ', ['bash', 'zsh', 'fish'], 'validate'],
];

async function shellSays(shell: string, args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(shell, [...args], { cwd: folder, timeout: 120_000 });
  return stdout.split('\n').map((line) => line.split('\t')[0]?.trim() ?? '');
}

test('bash completes commands, options and their values, and nothing of another command', async () => {
  const file = await scriptOf('bash');
  for (const [typed, expected, not] of TYPED) {
    const words = typed.split(' ');
    const script = `source ${file}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _gatehouse; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const said = await shellSays('bash', ['--norc', '-c', script]);
    expect(said).toEqual(expect.arrayContaining([...expected]));
    expect(said).not.toContain(not);
  }
});

test('fish does the same, and completes files where a file is asked for', async () => {
  if (!has('fish')) {
    printFigure('completion in fish | skipped: fish is not installed');
    return;
  }
  const file = await scriptOf('fish');
  for (const [typed, expected, not] of TYPED) {
    const said = await shellSays('fish', ['--no-config', '-c', `source ${file}; complete -C '${typed}'`]);
    expect(said).toEqual(expect.arrayContaining([...expected]));
    expect(said).not.toContain(not);
  }
  const files = await shellSays('fish', [
    '--no-config',
    '-c',
    `source ${file}; complete -C 'gatehouse validate some'`,
  ]);
  expect(files).toContain('some.yaml');
});

test('zsh completes what is typed into a terminal of its own', async () => {
  if (!has('zsh')) {
    printFigure('completion in zsh | skipped: zsh is not installed');
    return;
  }
  const file = await scriptOf('zsh');
  const typed: readonly (readonly [string, string])[] = [
    ['gatehouse vali', 'gatehouse validate '],
    ['gatehouse audit ver', 'gatehouse audit verify '],
    ['gatehouse audit verify --off', 'gatehouse audit verify --offline '],
    ['gatehouse client add --scope pro', 'gatehouse client add --scope project '],
    ['gatehouse validate some', 'gatehouse validate some.yaml '],
  ];
  for (const [begun, whole] of typed) {
    const script = `
      zmodload zsh/zpty
      zpty inner zsh -f -i
      zpty -w inner "PS1='' RPS1=''; autoload -Uz compinit; compinit -u -D; source ${file}; show() { print -r -- \\"<\\$BUFFER>\\"; }; zle -N show; bindkey '^X' show; print rea''dy"
      all=''
      while zpty -r inner line; do all+=$line; [[ $all == *ready* ]] && break; done
      zpty -w -n inner $'${begun}\\t\\x18'
      all=''
      while zpty -r inner line; do all+=$line; [[ $all == *'>'* ]] && break; done
      print -r -- "$all"
      zpty -d inner`;
    const { stdout } = await promisify(execFile)('zsh', ['-f', '-c', script], {
      cwd: folder,
      timeout: 120_000,
    });
    expect(stdout).toContain(`<${whole}>`);
  }
});

test('a shell that is none is refused with those that are there', async () => {
  const { code, stderr } = await gatehouse(['completion', 'csh']);
  expect(code).toBe(64);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish');
});
