import { closeSync, openSync } from 'node:fs';
import type { RunningProcess } from './processes.js';

/** Whether this process has a terminal. One that was closed cannot be opened any more (termios(3)). */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/**
 * What a hang-up means: a terminal that was closed ends `up`, as it ends every program; else somebody sent the signal, and the services
 * take up their file.
 */
export function handsHangUpsOn(
  services: () => readonly RunningProcess[],
  terminalIsThere: () => boolean = hasTerminal,
): () => boolean {
  const hadTerminal = terminalIsThere();
  return () => {
    if (hadTerminal && !terminalIsThere()) return false;
    for (const service of services()) if (service.isRunning()) signal(service.pid);
    return true;
  };
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGHUP');
  } catch {
    // It has ended since, and is started anew with the file as it is.
  }
}
