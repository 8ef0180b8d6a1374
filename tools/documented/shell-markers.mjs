/** What a page says about running a block of commands. */
const NOT_RUN = /^not run, (.{5,})$/;
/** The command stays; what comes next runs when it has printed that. */
const STAYS_UP = /^stays up until "(.+)"$/;
/** It is meant to fail, with that exit code. */
const ENDS_WITH = /^ends with (\d+)$/;
/** Where a Docker engine answers, and there everything of an earlier block may have to go before; or by a test of ours. */
const RUN_BY = /^run by (test:compose|tests\/[\w/-]+\.spec\.ts)(, from nothing)?$/;
/** The engine is no reason: something else is. */
const NOT_RUN_BY = /^not run by (test:compose|test:cluster), (.{5,})$/;

/** Who runs what needs nothing but a checkout: tests/documented/pages.spec.ts. */
export const PAGES = 'pages';
export const COMPOSE = 'test:compose';
/** A test that takes the blocks of a page, and looks at more than what they print. */
export const isSpec = (runner) => runner.startsWith('tests/');

/** Programs that need an engine, and what runs commands of theirs where one answers. */
const ENGINES = { docker: COMPOSE, 'docker-compose': COMPOSE, helm: 'test:cluster', kubectl: 'test:cluster' };
const PROGRAM = Object.keys(ENGINES).join('|');
/** As a word, or at the beginning of a command inside of another one. */
const USE = new RegExp(`^(${PROGRAM})$|(?:[$<>]\\(|\`)\\s*(${PROGRAM})(?![\\w-])`);

/**
 * @param {readonly string[]} markers
 * @returns {string[]}
 */
export const shellMarkerProblems = (markers) =>
  markers
    .filter(
      (marker) => ![NOT_RUN, STAYS_UP, ENDS_WITH, RUN_BY, NOT_RUN_BY].some((known) => known.test(marker)),
    )
    .map((marker) => `unknown marker for commands: "${marker}"`);

/**
 * Commands that need an engine are run where one answers, or the page says why not even there.
 * @param {readonly (readonly string[])[]} commands each as its words
 * @param {readonly string[]} markers
 * @returns {string[]}
 */
export function engineProblems(commands, markers) {
  const uses = commands.flat().flatMap((word) => USE.exec(word) ?? []);
  const needed = new Set(uses.flatMap((one) => (Object.hasOwn(ENGINES, one ?? '') ? [ENGINES[one]] : [])));
  const said = new Set(
    [RUN_BY, NOT_RUN_BY].flatMap((pattern) => found(pattern, markers).map(([, by]) => by)),
  );
  const ways = (by) => (by === COMPOSE ? `\`run by ${by}\`, or ` : '');
  return [
    ...[...needed]
      .filter((by) => !said.has(by))
      .map((by) => `nothing runs these commands: are they ${ways(by)}\`not run by ${by}, why\`?`),
    ...[...said]
      .filter((by) => !isSpec(by) && !needed.has(by))
      .map((by) => `nothing in these commands is for ${by}`),
  ];
}

/**
 * @param {readonly string[]} markers
 * @returns {string | undefined} who runs the block; nobody
 */
export function runnerOf(markers) {
  const by = found(RUN_BY, markers)[0]?.[1];
  if (by !== undefined) return by;
  return found(NOT_RUN, markers).length + found(NOT_RUN_BY, markers).length > 0 ? undefined : PAGES;
}

/** Whether nothing of an earlier block may be there. @param {readonly string[]} markers */
export const beginsFromNothing = (markers) => found(RUN_BY, markers)[0]?.[2] !== undefined;

/**
 * @param {readonly string[]} markers
 * @returns {string | undefined}
 */
export const readyTextOf = (markers) => found(STAYS_UP, markers)[0]?.[1];

/**
 * @param {readonly string[]} markers
 * @returns {number}
 */
export const endingOf = (markers) => Number(found(ENDS_WITH, markers)[0]?.[1] ?? 0);

/** @param {RegExp} pattern @param {readonly string[]} markers */
const found = (pattern, markers) =>
  markers.map((marker) => pattern.exec(marker)).filter((one) => one !== null);
