import { setTimeout as pause } from 'node:timers/promises';
import type { FaultName, Phases } from './phases.js';
import { failureOf, type Failed, type Kind } from './outcomes.js';

interface Line {
  count: number;
  /** The first few. */
  readonly words: Set<string>;
}

const HEARD_WITHIN_MS = 500;
const MAX_WORDS = 3;
const MAX_LENGTH = 260;
/** Whatever goes wrong, these never come. */
const NEVER: ReadonlySet<Kind> = new Set(['wrong user', 'wrong answer', 'silence', 'stuck stream', 'other']);
/** What a client may be told while anything is away. */
const PASSING: readonly Kind[] = ['unanswered', 'maybe ran', 'try again'];

/** Which errors are expected while a fault lasts, beside {@link PASSING}. Without a fault there are none. */
const EXPECTED: Readonly<Partial<Record<FaultName, readonly Kind[]>>> = {
  // What the provider answered to a process that then died is lost: a rotating refresh token with it.
  'vault killed': ['sign in'],
  // The provider has ended tokens before their time, and gives no others.
  'provider slow': ['credential'],
  'provider out': ['credential'],
};

/** What was answered right, and what was not, by what was asked and in which phase. */
export class Ledger {
  readonly right = new Map<string, number>();
  updates = 0;
  #isOpen = true;
  readonly #answers = new Map<string, number>();
  readonly #errors = new Map<string, Line>();

  constructor(private readonly phases: Phases) {}

  /** Makes one request, or a few that belong together. @returns what came out. */
  async attempt(what: string, work: () => Promise<void>): Promise<Kind | 'right'> {
    const beganAtMs = Date.now();
    try {
      await work();
      if (!this.#isOpen) return 'right';
      this.#count(this.#answers, this.phases.during(beganAtMs));
      this.#count(this.right, what);
      return 'right';
    } catch (error) {
      const failed = failureOf(error);
      // An interruption of everybody ends the services first, and is heard of here a moment later.
      await pause(HEARD_WITHIN_MS);
      if (this.#isOpen) this.#failed(what, beganAtMs, failed);
      return failed.kind;
    }
  }

  /** From now on nothing counts. */
  close(): void {
    this.#isOpen = false;
  }

  of(kind: Kind): number {
    return [...this.#errors].reduce(
      (sum, [key, { count }]) => sum + (key.split('\n')[1] === kind ? count : 0),
      0,
    );
  }

  get answered(): number {
    return [...this.#answers.values()].reduce((sum, count) => sum + count, 0);
  }

  get failed(): number {
    return [...this.#errors.values()].reduce((sum, { count }) => sum + count, 0);
  }

  get unexpected(): number {
    return [...this.#errors].reduce((sum, [key, { count }]) => sum + (isExpected(key) ? 0 : count), 0);
  }

  print(): void {
    console.table(
      [...this.#answers].map(([phase, answers]) => {
        const errors = [...this.#errors].filter(([key]) => key.startsWith(`${phase}\n`));
        const sum = (lines: typeof errors) => lines.reduce((total, [, { count }]) => total + count, 0);
        const failed = sum(errors);
        const unexpected = sum(errors.filter(([key]) => !isExpected(key)));
        const share = `${((100 * failed) / (answers + failed)).toFixed(2)} %`;
        return { phase, right: answers, failed, 'of all': share, expected: failed - unexpected, unexpected };
      }),
    );
    for (const [key, { count, words }] of [...this.#errors].sort()) {
      const [phase, kind, what] = key.split('\n');
      console.log(
        `${isExpected(key) ? 'expected' : 'UNEXPECTED'}: ${count} × ${kind ?? ''} at ${what ?? ''}, ${phase ?? ''}`,
      );
      if (!isExpected(key)) for (const one of words) console.log(`    ${one}`);
    }
  }

  #failed(what: string, beganAtMs: number, { kind, message }: Failed): void {
    const phase = kind === 'silence' ? this.phases.since(beganAtMs) : this.phases.during(beganAtMs);
    const key = [phase, kind, what].join('\n');
    const line = this.#errors.get(key) ?? { count: 0, words: new Set() };
    line.count += 1;
    if (line.words.size < MAX_WORDS) line.words.add(message.slice(0, MAX_LENGTH));
    this.#errors.set(key, line);
  }

  #count(counts: Map<string, number>, key: string): void {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
}

function isExpected(key: string): boolean {
  const [phase, kind] = key.split('\n') as [FaultName, Kind];
  if (phase === 'calm' || NEVER.has(kind)) return false;
  return PASSING.includes(kind) || EXPECTED[phase]?.includes(kind) === true;
}
