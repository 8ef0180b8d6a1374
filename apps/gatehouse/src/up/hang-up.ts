import { closedTerminal, hasTerminal } from '../closed-terminal.js';
import type { RunningProcess } from './processes.js';

/**
 * What a hang-up means: a terminal that was closed ends `up`, as it ends every program; else somebody sent the signal, and the services
 * take up their file.
 */
export function handsHangUpsOn(
  services: () => readonly RunningProcess[],
  terminalIsThere: () => boolean = hasTerminal,
): () => boolean {
  const isClosed = closedTerminal(terminalIsThere);
  return () => {
    if (isClosed()) return false;
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
