/**
 * The fenced blocks of a page, each with the markers before it. A marker is a comment, so that no reader sees it:
 * `<!-- documented: part of examples/demonstration/gatehouse.yaml -->`. CONTRIBUTING.md lists them.
 */

/**
 * @typedef {{ page: string, line: number, language: string, text: string, markers: readonly string[] }} Block
 * @typedef {{ blocks: readonly Block[], defaults: ReadonlyMap<string, string>, world: string | undefined, prose: string, problems: readonly string[] }} Page
 */

const FENCE = /^(\s*)(`{3,}|~{3,})\s*([\w-]*)/;
const MARKER = /^\s*<!-- documented: (.+?) -->\s*$/;
const ALMOST_A_MARKER = /<!--\s*documented/i;
/** Markers that stand for a whole page. */
const EACH = /^each (\w+) block is (.+)$/;
const WORLD = /^world (.+)$/;

/**
 * @param {string} page its path in the repository
 * @param {string} text
 * @returns {Page}
 */
export function readPage(page, text) {
  const lines = text.split('\n');
  /** @type {{ blocks: Block[], defaults: Map<string, string>, world: string | undefined, prose: string[], problems: string[] }} */
  const state = { blocks: [], defaults: new Map(), world: undefined, prose: [], problems: [] };
  /** @type {{ marker: string, line: number }[]} */
  let waiting = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index];
    const fence = FENCE.exec(line);
    if (fence !== null) {
      const end = endOf(lines, index, fence[2]);
      const inner = lines.slice(index + 1, end).map((one) => one.slice(indented(one, fence[1].length)));
      const block = { page, line: index + 1, language: fence[3], text: `${inner.join('\n')}\n` };
      state.blocks.push({ ...block, markers: waiting.map(({ marker }) => marker) });
      if (end === lines.length) state.problems.push(`${page}:${index + 1}: the block has no end`);
      waiting = [];
      // What stands before and after keeps its line.
      for (let skipped = index; skipped <= end; skipped += 1) state.prose.push('');
      index = end;
      continue;
    }
    state.prose.push(line);
    const marker = MARKER.exec(line)?.[1];
    if (marker !== undefined) {
      if (!ofThePage(marker, state)) waiting.push({ marker, line: index + 1 });
      continue;
    }
    if (ALMOST_A_MARKER.test(line) && !/`[^`]*<!--/.test(line))
      state.problems.push(`${page}:${index + 1}: this is no marker: ${line.trim()}`);
    if (line.trim() !== '') waiting = withoutBlock(page, waiting, state.problems);
  }
  withoutBlock(page, waiting, state.problems);
  return { ...state, prose: state.prose.join('\n') };
}

/** @returns whether the marker is one for the page */
function ofThePage(marker, state) {
  const each = EACH.exec(marker);
  if (each !== null) state.defaults.set(each[1], each[2]);
  const world = WORLD.exec(marker);
  if (world !== null) state.world = world[1];
  return each !== null || world !== null;
}

function withoutBlock(page, waiting, problems) {
  for (const { marker, line } of waiting)
    problems.push(`${page}:${line}: no block follows the marker "${marker}"`);
  return [];
}

function endOf(lines, start, fence) {
  const closes = new RegExp(`^\\s*${fence[0]}{${fence.length},}\\s*$`);
  const at = lines.findIndex((line, index) => index > start && closes.test(line));
  return at === -1 ? lines.length : at;
}

const indented = (line, most) => Math.min(most, line.length - line.trimStart().length);

/**
 * The markers of a block, or what its page says for all blocks of its language.
 * @param {Block} block
 * @param {Pick<Page, 'defaults'>} page
 */
export function markersOf(block, { defaults }) {
  const ofAll = defaults.get(block.language);
  return block.markers.length > 0 || ofAll === undefined ? block.markers : [ofAll];
}
