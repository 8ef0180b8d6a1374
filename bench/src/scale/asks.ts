import { performance } from 'node:perf_hooks';
import { round } from '../figures.js';

/** @returns `undefined` when all went well, otherwise what was said. */
export type Ask = () => Promise<string | undefined>;

export interface Outcome {
  /** When it should have begun: what waits for others to end has waited. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly wrong: string | undefined;
}

const TICK_MS = 5;
const MAX_WORDS = 90;

async function outcomeOf(ask: Ask, atMs: number): Promise<Outcome> {
  const wrong = await ask().catch((error: unknown) => wordsOf(error));
  return { atMs, tookMs: performance.now() - atMs, wrong: wrong?.slice(0, MAX_WORDS) };
}

function wordsOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : String(error);
}

/**
 * So many at once, each again and again.
 * @param goesOn for how many milliseconds, or whether there is more to do.
 */
export async function atOnce(count: number, goesOn: number | (() => boolean), ask: Ask): Promise<Asked> {
  const outcomes: Outcome[] = [];
  const beganAtMs = performance.now();
  const isOn = typeof goesOn === 'number' ? () => performance.now() < beganAtMs + goesOn : goesOn;
  const worker = async (): Promise<void> => {
    while (isOn()) outcomes.push(await outcomeOf(ask, performance.now()));
  };
  await Promise.all(Array.from({ length: count }, worker));
  return new Asked(outcomes, performance.now() - beganAtMs);
}

/** At a pace, whether or not those before have been answered. */
export class Paced {
  readonly #outcomes: Outcome[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #beganAtMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #begun = 0;

  constructor(perSecond: number, ask: Ask) {
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#beganAtMs) / 1_000) * perSecond;
      for (; this.#begun < due; this.#begun += 1) {
        const one = outcomeOf(ask, this.#beganAtMs + (this.#begun / perSecond) * 1_000).then((outcome) => {
          this.#outcomes.push(outcome);
          this.#open.delete(one);
        });
        this.#open.add(one);
      }
    }, TICK_MS);
  }

  /** What has ended so far. */
  get outcomes(): readonly Outcome[] {
    return this.#outcomes;
  }

  /** Waits for what was begun. */
  async stop(): Promise<Asked> {
    clearInterval(this.#timer);
    const tookMs = performance.now() - this.#beganAtMs;
    await Promise.all(this.#open);
    return new Asked(this.#outcomes, tookMs);
  }
}

/** What came of many. */
export class Asked {
  readonly #sortedMs: readonly number[];

  constructor(
    readonly outcomes: readonly Outcome[],
    private readonly tookMs: number,
  ) {
    this.#sortedMs = outcomes.map(({ tookMs: ms }) => ms).sort((a, b) => a - b);
  }

  get count(): number {
    return this.outcomes.length;
  }

  get perSecond(): number {
    return round((this.count - this.failed) / (this.tookMs / 1_000), 1);
  }

  get failed(): number {
    return this.outcomes.filter(({ wrong }) => wrong !== undefined).length;
  }

  /** In milliseconds; of all, those that failed among them. @param share 0.5 is the median. */
  at(share: number): number {
    const index = Math.min(this.count - 1, Math.floor(this.count * share));
    return round(this.#sortedMs[index] ?? Number.NaN, 2);
  }

  get slowestMs(): number {
    return this.at(1);
  }

  /** What was said instead, with how often; empty: nothing. */
  get said(): string {
    const counts = new Map<string, number>();
    for (const { wrong } of this.outcomes)
      if (wrong !== undefined) counts.set(wrong, (counts.get(wrong) ?? 0) + 1);
    return [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 3)
      .map(([words, count]) => `${words} (${count})`)
      .join(', ');
  }
}
