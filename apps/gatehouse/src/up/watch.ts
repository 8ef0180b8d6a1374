import { MAX_ENDS, mayRestart, pauseBeforeRestartMs } from '@gatehouse/kernel/restarts';
import type { Processes, RunningProcess } from './processes.js';
import { failed } from './readiness.client.js';

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
