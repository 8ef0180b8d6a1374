import type { Processes, RunningProcess } from './processes.js';
import { failed } from './readiness.client.js';

const MAX_ENDS = 3;
const WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 250;

/** Whether a process that ended may be started again, given when it ended before (newest last, this time included). */
export const mayRestart = (endedAtMs: readonly number[], nowMs: number): boolean =>
  endedAtMs.filter((atMs) => nowMs - atMs <= WINDOW_MS).length <= MAX_ENDS;

/** A pause that doubles with each end in the window, so that a crash loop stays quiet. */
export const pauseBeforeRestartMs = (endedAtMs: readonly number[], nowMs: number): number =>
  FIRST_PAUSE_MS * 2 ** (endedAtMs.filter((atMs) => nowMs - atMs <= WINDOW_MS).length - 1);

/**
 * Starts a process again when it ends, and prints a line about it. Settles with an error text only when it keeps
 * ending, and never after the stop has begun.
 */
export async function keepRunning(
  processes: Processes,
  first: RunningProcess,
  say: (line: string) => void,
  pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<Error> {
  const endedAtMs: number[] = [];
  let running = first;
  for (;;) {
    const end = await running.ended;
    if (processes.isStopping()) return new Promise(() => undefined);
    const nowMs = Date.now();
    endedAtMs.push(nowMs);
    if (!mayRestart(endedAtMs, nowMs))
      return failed(running, `ended ${MAX_ENDS + 1} times in a minute (last: ${end})`);
    say(`${running.spec.name} ended (${end}); starting it again`);
    await pause(pauseBeforeRestartMs(endedAtMs, nowMs));
    if (processes.isStopping()) return new Promise(() => undefined);
    running = processes.start(running.spec);
  }
}
