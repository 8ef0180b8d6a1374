import { setTimeout as delay } from 'node:timers/promises';
import { parseDurationMs, SECOND_MS } from '@gatehouse/kernel/durations';
import { Cannot, EXIT_CODES } from './cannot.js';
import type { Output } from './output.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5 * SECOND_MS;

/** @param option as it is typed @throws {Cannot} for what is no duration. */
export function patienceMs(option: string, written: string | undefined): number {
  const ms = written === undefined ? 0 : parseDurationMs(written);
  if (ms === undefined) throw new Cannot(`${option} ${written}: write a duration, such as 2m.`, 'usage');
  return ms;
}

/** One limit for everything that is tried with it: what somebody else has to be there for is tried again until then. */
export class Patience {
  readonly #endsAtMs: number;
  #said = '';

  constructor(
    ms: number,
    private readonly output: Output,
  ) {
    this.#endsAtMs = performance.now() + ms;
  }

  /** What would fail later, too, fails at once. Each reason to wait is said once. */
  async untilDone<Value>(work: () => Promise<Value>): Promise<Value> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await work();
      } catch (error) {
        const leftMs = this.#endsAtMs - performance.now();
        if (!(error instanceof Cannot) || error.exitCode !== EXIT_CODES.tryAgain || leftMs <= 0) throw error;
        this.#say(error.message);
        await delay(Math.min(pauseMs, leftMs));
      }
    }
  }

  #say(reason: string): void {
    if (reason !== this.#said) this.output.line(`Waiting. ${reason}`);
    this.#said = reason;
  }
}
