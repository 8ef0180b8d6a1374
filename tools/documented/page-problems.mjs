/** All that can be said about a page without running it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { markersOf, readPage } from './blocks.mjs';
import { commandProblems, commandsOf } from './commands.mjs';
import { cedarProblems, yamlProblems } from './configuration-blocks.mjs';
import { jsoncProblems, jsonProblems, tomlProblems } from './data-blocks.mjs';
import { defaultProblems } from './defaults.mjs';
import { claimProblems } from './claims.mjs';
import { engineProblems, runnerOf, shellMarkerProblems } from './shell-markers.mjs';

/** Such a page has its defaults from the schema. */
const GENERATED = /^This page is generated /m;
const MERMAID =
  /^(---[\s\S]*?---\s*)?(%%.*\n)*\s*(flowchart|graph|sequenceDiagram|stateDiagram(-v2)?|classDiagram|erDiagram|journey|timeline|gantt|pie|mindmap|block-beta)\b/;

/** What is done with a block of each language. Another language has to be added here, with what can be said about it. */
const LANGUAGES = {
  yaml: yamlProblems,
  cedar: cedarProblems,
  json: jsonProblems,
  jsonc: jsoncProblems,
  toml: tomlProblems,
  sh: shellProblems,
  mermaid: (text) => (MERMAID.test(text) ? [] : ['this is no diagram of Mermaid']),
  // For people to look at.
  text: outputProblems,
  http: outputProblems,
  sql: (_text, markers) => shellMarkerProblems(markers),
  ts: () => [],
  js: () => [],
  python: () => [],
  nginx: () => [],
  caddyfile: () => [],
};

/**
 * @param {string} name the page's path in the repository
 * @param {string} text
 * @returns {Promise<{ problems: string[], looked: number }>} `looked` counts blocks and commands in sentences
 */
export async function pageProblems(name, text) {
  const page = readPage(name, text);
  const problems = [...page.problems];
  for (const block of page.blocks)
    for (const problem of await blockProblems(block, page))
      problems.push(`${name}:${block.line}: ${problem}`);
  if (!GENERATED.test(text))
    for (const { line, problem } of defaultProblems(page.prose)) problems.push(`${name}:${line}: ${problem}`);
  for (const { line, problem } of claimProblems(name, page.prose))
    problems.push(`${name}:${line}: ${problem}`);
  const spans = spansOf(page.prose);
  for (const { line, code } of spans)
    for (const problem of await spanProblems(code)) problems.push(`${name}:${line}: ${problem}`);
  return { problems, looked: page.blocks.length + spans.length };
}

async function blockProblems(block, page) {
  if (block.language === '') return ['the block has no language; ```text is for people to look at'];
  const look = Object.hasOwn(LANGUAGES, block.language) ? LANGUAGES[block.language] : undefined;
  if (look === undefined) return [`nothing here knows how to look at a block of ${block.language}`];
  const markers = markersOf(block, page);
  return [...(await look(block.text, markers, page, block)), ...specProblems(block.page, markers)];
}

/** A test that is said to run a block is there, and takes the blocks of that page. */
const BY_SPEC = /\bby (tests\/[\w/-]+\.spec\.ts)\b/;
function specProblems(page, markers) {
  return markers.flatMap((marker) => {
    const spec = BY_SPEC.exec(marker)?.[1];
    if (spec === undefined) return [];
    const path = join(REPOSITORY, spec);
    if (!existsSync(path)) return [`there is no ${spec}`];
    return readFileSync(path, 'utf8').includes(`'${page}'`)
      ? []
      : [`${spec} does not take blocks of ${page}`];
  });
}

async function shellProblems(text, markers) {
  const commands = commandsOf(text);
  const problems = await Promise.all(commands.map((words) => commandProblems(words)));
  return [...shellMarkerProblems(markers), ...engineProblems(commands, markers), ...problems.flat()];
}

/** What is shown is compared with what is printed where the page is run; the first thing after a command is taken for its output. */
function outputProblems(_text, markers, page, block) {
  const isRun = (one) => one?.language === 'sh' && runnerOf(markersOf(one, page)) !== undefined;
  const unknown = markers.filter((marker) => !OUTPUT_MARKERS.some((known) => known.test(marker)));
  if (unknown.length > 0) return unknown.map((marker) => `unknown marker: "${marker}"`);
  if (markers.includes('output'))
    return page.blocks.some(isRun) ? [] : ['this is the output of commands, and none is run'];
  const isAfterCommand = isRun(page.blocks[page.blocks.indexOf(block) - 1]);
  return isAfterCommand && markers.length === 0
    ? ['the commands before this are run: is it their `output`, or `not output, why`?']
    : [];
}
const OUTPUT_MARKERS = [/^output$/, /^not output, .{5,}$/, /^file \S+$/];

/** Commands and files of the repository that sentences name. */
const COMMAND = /^(npm (run |start\b|test\b)|npx gatehouse |gatehouse [a-z]|node tools\/|docker compose )/;
/** Methods of MCP look like paths. */
const METHOD = /^tools\/(call|list)$/;
const PATH = /^(apps|bench|docs|examples|infra|libs|prisma|tests|tools)\/[\w./@-]+\.[a-z]+$/;

function spansOf(prose) {
  return prose
    .split('\n')
    .flatMap((text, index) =>
      [...text.matchAll(/(?<!`)`([^`]+)`(?!`)/g)]
        .map(([, code]) => ({ line: index + 1, code }))
        .filter(({ code }) => COMMAND.test(code) || (PATH.test(code) && !METHOD.test(code))),
    );
}

async function spanProblems(code) {
  if (PATH.test(code)) return existsSync(join(REPOSITORY, code)) ? [] : [`there is no ${code}`];
  const commands = await Promise.all(commandsOf(code).map((words) => commandProblems(words)));
  return commands.flat();
}
