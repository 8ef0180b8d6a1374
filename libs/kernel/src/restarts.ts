import { MINUTE_MS } from './durations.js';

/** In a minute; a process that ends once more is not started again. */
export const MAX_ENDS = 3;
const WINDOW_MS = MINUTE_MS;
const FIRST_PAUSE_MS = 250;

const inWindow = (endedAtMs: readonly number[], nowMs: number): number =>
  endedAtMs.filter((atMs) => nowMs - atMs <= WINDOW_MS).length;

/** Whether a process that ended may be started again, given when it ended before (newest last, this time included). */
export const mayRestart = (endedAtMs: readonly number[], nowMs: number): boolean =>
  inWindow(endedAtMs, nowMs) <= MAX_ENDS;

/** A pause that doubles with each end in the window, so that a crash loop stays quiet. */
export const pauseBeforeRestartMs = (endedAtMs: readonly number[], nowMs: number): number =>
  FIRST_PAUSE_MS * 2 ** (inWindow(endedAtMs, nowMs) - 1);
