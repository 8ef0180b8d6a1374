/** What a page says about running a block of commands. */
const NOT_RUN = /^not run, (.{5,})$/;
/** The command stays; what comes next runs when it has printed that. */
const STAYS_UP = /^stays up until "(.+)"$/;
/** It is meant to fail, with that exit code. */
const ENDS_WITH = /^ends with (\d+)$/;

/**
 * @param {readonly string[]} markers
 * @returns {string[]}
 */
export const shellMarkerProblems = (markers) =>
  markers
    .filter((marker) => ![NOT_RUN, STAYS_UP, ENDS_WITH].some((known) => known.test(marker)))
    .map((marker) => `unknown marker for commands: "${marker}"`);

export const isNotRun = (markers) => markers.some((marker) => NOT_RUN.test(marker));

/** @returns {string | undefined} */
export const readyTextOf = (markers) =>
  markers.map((marker) => STAYS_UP.exec(marker)?.[1]).find((text) => text !== undefined);

/** @returns {number} */
export const endingOf = (markers) =>
  Number(markers.map((marker) => ENDS_WITH.exec(marker)?.[1]).find((code) => code !== undefined) ?? 0);
