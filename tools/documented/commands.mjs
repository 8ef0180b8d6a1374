/**
 * What a command line refers to exists: scripts of npm, programs of the repository, files of the repository, commands of
 * `gatehouse` and their options, services and profiles of the compose file.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommandLine } from '../../apps/gatehouse/dist/command-line.js';
import { readYaml } from '../../libs/config/dist/yaml/yaml-document.js';
import { REPOSITORY } from '../set-up/repository.mjs';

/** A word that begins like this is a path of the repository. */
const OWN_PATH = /^(\.\/)?(apps|bench|docs|examples|infra|libs|prisma|tests|tools)\//;
/** Names for what a reader has to fill in are not looked up. */
const PLACEHOLDER = /[<>…*{}$]|FILE/;

const scripts = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')).scripts;

/**
 * The commands of a text for a shell, each as its words. It reads what pages show; it is no shell.
 * @param {string} text
 * @returns {string[][]}
 */
export function commandsOf(text) {
  const joined = text.replace(/\\\n\s*/g, ' ').replace(/<<\s*'?(\w+)'?[^\n]*\n[\s\S]*?\n\1$/gm, '');
  return joined
    .split('\n')
    .flatMap((line) => piecesOf(line))
    .map((words) => withoutVariables(words))
    .filter((words) => words.length > 0);
}

/** Words of one line, in quotes or not, up to a comment; a new list at each `|`, `&&`, `;`. */
function piecesOf(line) {
  /** @type {string[][]} */
  const pieces = [[]];
  for (const [word, comment, separator] of line.matchAll(
    /(#.*$)|(&&|\|\||[|;&]|\d?>>?(?:&\d|\s*\S+)?)|(?:'[^']*'|"(?:\\.|[^"])*"|\\.|[^\s'"|;&>#]|(?<=\S)#)+/g,
  )) {
    if (comment !== undefined) break;
    if (separator === undefined) pieces.at(-1)?.push(word.replace(/^(['"])(.*)\1$/, '$2'));
    else if (!separator.includes('>')) pieces.push([]);
  }
  return pieces;
}

const withoutVariables = (words) => words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word)));

/**
 * @param {readonly string[]} words
 * @returns {Promise<string[]>} what they refer to and is not there
 */
export async function commandProblems(words) {
  const [program, ...rest] = words;
  const problems = words
    .filter((word) => OWN_PATH.test(word) && !PLACEHOLDER.test(word))
    .filter((word) => !existsSync(join(REPOSITORY, word.split(':')[0])))
    .map((word) => `${word} is no file of the repository`);
  if (program === 'npm') problems.push(...(await npmProblems(rest)));
  if (program === 'gatehouse') problems.push(...(await gatehouseProblems(rest)));
  if (program === 'npx' && rest[0] === 'gatehouse')
    problems.push(...(await gatehouseProblems(rest.slice(1))));
  if (program === 'docker' && rest[0] === 'compose') problems.push(...composeProblems(rest.slice(1)));
  return problems;
}

const LIFECYCLE = new Set(['start', 'test']);

async function npmProblems(words) {
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  const name = first !== undefined && LIFECYCLE.has(first) ? first : first === 'run' ? second : undefined;
  // Other commands of npm are npm's.
  if (name === undefined) return [];
  if (!Object.hasOwn(scripts, name)) return [`package.json has no script "${name}"`];
  const at = words.indexOf('--');
  return name === 'start' && at !== -1 ? gatehouseProblems(['up', ...words.slice(at + 1)]) : [];
}

/** The help of each command, read once. */
const helps = new Map();

async function helpOf(command) {
  const key = command.join(' ');
  if (!helps.has(key)) {
    let text = '';
    const stream = { write: (piece) => (text += piece) };
    const terminal = { stdout: stream, stderr: stream, env: {}, on: () => undefined };
    await runCommandLine([...command, '--help'], terminal);
    helps.set(key, text);
  }
  return helps.get(key);
}

async function gatehouseProblems(words) {
  const command = [];
  for (const word of words) {
    if (!/^[a-z][a-z-]*$/.test(word)) break;
    const help = await helpOf(command);
    const hasCommands = /^Commands:/m.test(help);
    if (!hasCommands) break;
    if (!new RegExp(`^  ${word}\\b`, 'm').test(help.split('Commands:')[1] ?? ''))
      return [`gatehouse has no command "${[...command, word].join(' ')}"`];
    command.push(word);
  }
  const help = await helpOf(command);
  return words
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.split('=')[0])
    .filter((option) => !new RegExp(`(^|[\\s,])${option}(?![\\w-])`, 'm').test(help))
    .map((option) => `gatehouse ${command.join(' ')} has no option ${option}`);
}

function composeFile() {
  const text = readFileSync(join(REPOSITORY, 'docker-compose.yml'), 'utf8');
  const read = readYaml(text);
  if (!read.ok) throw new Error('docker-compose.yml is no YAML');
  const { services } = /** @type {{ services: Record<string, unknown> }} */ (read.source.value);
  // Profiles come in by anchors; the text has them all.
  const profiles = [...text.matchAll(/profiles: \[([^\]]*)\]/g)].flatMap(([, names]) => names.split(/,\s*/));
  return { services, profiles: new Set(profiles) };
}

function composeProblems(words) {
  const { services, profiles } = composeFile();
  const has = (name) => (Object.hasOwn(services, name) ? [] : [`docker-compose.yml has no service ${name}`]);
  const problems = words.flatMap((word, index) => {
    if (word === '--profile' && !profiles.has(words[index + 1]))
      return [`docker-compose.yml has no profile ${words[index + 1]}`];
    return word === '--scale' ? has(words[index + 1].split('=')[0]) : [];
  });
  const at = words.findIndex((word) => word === 'run' || word === 'exec');
  const service = at === -1 ? undefined : words.slice(at + 1).find((word) => !word.startsWith('-'));
  return service === undefined ? problems : [...problems, ...has(service)];
}
