import { setTimeout as pause } from 'node:timers/promises';
import { reasonOf } from '../reason.js';

/** Something that is wrong in an installation. Nothing in it is a secret, nor what somebody else answered. */
export interface DoctorFinding {
  /** The same for the same fault, so that a program can tell; docs/doctor.md has them all. */
  readonly name: string;
  /** What it is about: `provider okta`, `backend repos`. */
  readonly about: string;
  readonly cause: string;
  readonly evidence: string;
  readonly fix: string;
}

/** One look at one party. It ends by itself, or is ended. */
export interface Check {
  readonly about: string;
  readonly run: () => Promise<readonly DoctorFinding[]>;
}

/** How long the doctor waits. */
export interface Patience {
  /** For one answer. */
  readonly requestMs: number;
  /** For all of a check: longer than any one request of it. */
  readonly checkMs: number;
}

export const PATIENCE: Patience = { requestMs: 6_000, checkMs: 25_000 };

/** Runs all checks at once. One that fails or does not end is a finding itself. */
export async function findingsOf(
  checks: readonly Check[],
  withinMs = PATIENCE.checkMs,
): Promise<readonly DoctorFinding[]> {
  const found = await Promise.all(checks.map(async (check) => await boundedFindings(check, withinMs)));
  return found.flat();
}

async function boundedFindings({ about, run }: Check, withinMs: number): Promise<readonly DoctorFinding[]> {
  const bell = new AbortController();
  try {
    return await Promise.race([
      run(),
      pause(withinMs, undefined, { signal: bell.signal }).then(() => [
        {
          name: 'check-not-finished',
          about,
          cause: 'It was not looked at to the end.',
          evidence: `No end within ${withinMs / 1_000} s.`,
          fix: 'Look whether it answers at all, and run the doctor again.',
        },
      ]),
    ]);
  } catch (error) {
    return [
      {
        name: 'check-failed',
        about,
        cause: 'It could not be looked at.',
        evidence: reasonOf(error),
        fix: 'Run the doctor again; report it if it stays.',
      },
    ];
  } finally {
    bell.abort();
  }
}
