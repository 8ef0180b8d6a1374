import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { PROGRAM_VARIABLE } from './program-environment.js';

const MAX_ROUNDS = 20;
/** Stands between variables. */
const NUL = Buffer.from([0]);

/**
 * Kills everything that a program started and that still runs, also what left its process group: it still has the
 * program's variable in its environment. Only where `/proc` shows that (Linux). It looks again until nothing new is there.
 */
export const killDescendants = (programId: string): void => killMarked(`${PROGRAM_VARIABLE}=${programId}\0`);

/** The id of a program names its bridge, by its process. */
export const programIdOf = (bridgePid: number): string => `${bridgePid}-${randomUUID()}`;

/** The same for all programs of a bridge that ended without ending them. */
export const killProgramsOf = (bridgePid: number): void => killMarked(`\0${PROGRAM_VARIABLE}=${bridgePid}-`);

function killMarked(text: string): void {
  const mark = Buffer.from(text);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = processes().filter((pid) => hasInEnvironment(pid, mark));
    if (found.length === 0) return;
    for (const pid of found) kill(pid);
  }
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc').flatMap((name) =>
      /^\d+$/.test(name) && Number(name) !== process.pid ? [Number(name)] : [],
    );
  } catch {
    return [];
  }
}

function hasInEnvironment(pid: number, mark: Buffer): boolean {
  try {
    // A process that has ended and was not waited for shows nothing.
    return Buffer.concat([NUL, readFileSync(`/proc/${pid}/environ`)]).includes(mark);
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
