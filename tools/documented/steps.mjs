/** What has to be done to run a page, in its order. */
import { markersOf, readPage } from './blocks.mjs';
import { beginsFromNothing, endingOf, isSpec, PAGES, readyTextOf, runnerOf } from './shell-markers.mjs';

/**
 * @typedef {{ kind: 'write', line: number, file: string, text: string }
 *   | { kind: 'run', line: number, text: string, ending: number, fromNothing: boolean }
 *   | { kind: 'start', line: number, text: string, until: string, fromNothing: boolean }
 *   | { kind: 'expect', line: number, text: string }} Step
 */

const FILE = /^file (\S+)$/;
const WRITTEN_INTO = /^written into (\S+) by (tests\/\S+)$/;
/** Such a page starts when the gateway of the demonstration runs. */
const DEMONSTRATION = {
  kind: /** @type {const} */ ('start'),
  line: 0,
  text: 'npm start',
  until: 'Running. Ctrl-C stops it.',
  fromNothing: false,
};

/**
 * @param {string} name
 * @param {string} text
 * @param {string} runner who is asking: it gets the commands that are for it, with their output, and all files
 * @returns {Step[]} none where nothing of the page is run by that one
 */
export function stepsOf(name, text, runner = PAGES) {
  const page = readPage(name, text);
  /** @type {string | undefined} who runs the commands that were shown last */
  let last;
  const steps = page.blocks.flatMap((block) => {
    const markers = markersOf(block, page);
    if (block.language === 'sh') last = runnerOf(markers) ?? last;
    return stepOf({ ...block, markers }, runner, last);
  });
  const isRun = steps.some(({ kind }) => kind === 'run' || kind === 'start');
  if (!isRun) return [];
  return page.world === undefined || runner !== PAGES ? steps : [DEMONSTRATION, ...steps];
}

/** @returns {Step[]} */
function stepOf({ language, text, markers, line }, runner, last) {
  const file = markers.map((marker) => FILE.exec(marker)?.[1]).find((one) => one !== undefined);
  if (file !== undefined) return [{ kind: 'write', line, file, text }];
  if (markers.includes('output')) return last === runner ? [{ kind: 'expect', line, text }] : [];
  const program = programFor(language, markers, runner);
  if (program !== undefined)
    return [{ kind: 'run', line, text: handedTo(program, text), ending: 0, fromNothing: false }];
  if (language !== 'sh' || runnerOf(markers) !== runner) return [];
  const until = readyTextOf(markers);
  const fromNothing = beginsFromNothing(markers);
  return until === undefined
    ? [{ kind: 'run', line, text, ending: endingOf(markers), fromNothing }]
    : [{ kind: 'start', line, text, until, fromNothing }];
}

/** What is no command is handed to a program that the test has for it. @returns {string | undefined} its command line */
function programFor(language, markers, runner) {
  if (language === 'sql') return isSpec(runner) && runnerOf(markers) === runner ? 'sql' : undefined;
  const written = markers.map((marker) => WRITTEN_INTO.exec(marker)).find((one) => one !== null);
  return written?.[2] === runner ? `written-into ${written[1]}` : undefined;
}

const handedTo = (program, text) => `${program} <<'END_OF_BLOCK'\n${text}END_OF_BLOCK\n`;
