/** What has to be done to run a page, in its order. */
import { readPage } from './blocks.mjs';
import { endingOf, isNotRun, readyTextOf } from './shell-markers.mjs';

/**
 * @typedef {{ kind: 'write', line: number, file: string, text: string }
 *   | { kind: 'run', line: number, text: string, ending: number }
 *   | { kind: 'start', line: number, text: string, until: string }
 *   | { kind: 'expect', line: number, text: string }} Step
 */

const FILE = /^file (\S+)$/;
/** Such a page starts when the gateway of the demonstration runs. */
const DEMONSTRATION = {
  kind: /** @type {const} */ ('start'),
  line: 0,
  text: 'npm start',
  until: 'Running. Ctrl-C stops it.',
};

/**
 * @param {string} name
 * @param {string} text
 * @returns {Step[]} none where nothing of the page is run
 */
export function stepsOf(name, text) {
  const page = readPage(name, text);
  const steps = page.blocks.flatMap((block) => stepOf(block));
  const isRun = steps.some(({ kind }) => kind === 'run' || kind === 'start');
  if (!isRun) return [];
  return page.world === undefined ? steps : [DEMONSTRATION, ...steps];
}

/** @returns {Step[]} */
function stepOf({ language, text, markers, line }) {
  const file = markers.map((marker) => FILE.exec(marker)?.[1]).find((one) => one !== undefined);
  if (file !== undefined) return [{ kind: 'write', line, file, text }];
  if (markers.includes('output')) return [{ kind: 'expect', line, text }];
  if (language !== 'sh' || isNotRun(markers)) return [];
  const until = readyTextOf(markers);
  return until === undefined
    ? [{ kind: 'run', line, text, ending: endingOf(markers) }]
    : [{ kind: 'start', line, text, until }];
}
