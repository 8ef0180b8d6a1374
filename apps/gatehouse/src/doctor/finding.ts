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

/** Something that was seen, and is neither right nor wrong. */
export interface DoctorFact {
  /** As in a finding. */
  readonly about: string;
  readonly what: string;
  readonly is: string;
}

export type Observe = (what: string, is: string) => void;

/** One look at one party. It ends by itself, or is ended. */
export interface Check {
  readonly about: string;
  /** @param observe for what else was seen */
  readonly run: (observe: Observe) => Promise<readonly DoctorFinding[]>;
}

/** How long the doctor waits. */
export interface Patience {
  /** For one answer. */
  readonly requestMs: number;
  /** For all of a check: longer than any one request of it. */
  readonly checkMs: number;
}

export const PATIENCE: Patience = { requestMs: 6_000, checkMs: 25_000 };

interface Looked {
  readonly findings: readonly DoctorFinding[];
  readonly facts: readonly DoctorFact[];
}

/** Runs all checks at once. One that fails or does not end is a finding itself. */
export async function looked(checks: readonly Check[], withinMs = PATIENCE.checkMs): Promise<Looked> {
  const seen = await Promise.all(
    checks.map(async (check) => {
      const facts: DoctorFact[] = [];
      const { about } = check;
      const findings = await boundedFindings(check, withinMs, (what, is) => facts.push({ about, what, is }));
      // What comes later is not waited for.
      return { findings, facts: [...facts] };
    }),
  );
  return { findings: seen.flatMap(({ findings }) => findings), facts: seen.flatMap(({ facts }) => facts) };
}

async function boundedFindings(
  { about, run }: Check,
  withinMs: number,
  observe: Observe,
): Promise<readonly DoctorFinding[]> {
  const bell = new AbortController();
  try {
    return await Promise.race([
      run(observe),
      pause(withinMs, undefined, { signal: bell.signal }).then(() => [
        {
          name: 'check-not-finished',
          about,
          cause: 'It was not looked at to the end.',
          evidence: `No end within ${withinMs / 1_000} s.`,
          fix: 'See whether it answers at all, and run the doctor again.',
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
