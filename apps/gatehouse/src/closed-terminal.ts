import { closeSync, openSync } from 'node:fs';

/** Whether this process has a terminal. One that was closed cannot be opened any more (termios(3)). */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/** Tells, when a hang-up comes, whether the terminal was closed; else somebody sent the signal. */
export function closedTerminal(terminalIsThere: () => boolean = hasTerminal): () => boolean {
  const hadTerminal = terminalIsThere();
  return () => hadTerminal && !terminalIsThere();
}
