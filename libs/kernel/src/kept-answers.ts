import type { Clock } from './clock.js';
import { SingleFlight } from './single-flight.js';

export interface KeptAnswer<Value> {
  readonly value: Value;
  readonly askedAtMs: number;
}

/** In milliseconds. */
export interface KeptFor {
  /** Until it is asked for again. */
  readonly freshForMs: number;
  /** While nobody answers, the last one is used. */
  readonly usedForMs: number;
  /** Nobody who wants a newer one has it asked for more often. */
  readonly restMs: number;
  readonly restAfterFailureMs: number;
}

/**
 * What somebody else says and may change, by whom: it is asked for when it is old, or when somebody finds that it does not do; once for
 * all who want it, and with rests, so that no flood of questions goes on to who answers.
 */
export class KeptAnswers<Value> {
  readonly #known = new Map<string, KeptAnswer<Value>>();
  readonly #restsUntilMs = new Map<string, number>();
  readonly #asking = new SingleFlight<string, KeptAnswer<Value>>();

  /** @param failed is told of each question that nobody answered. */
  constructor(
    private readonly clock: Clock,
    private readonly times: KeptFor,
    private readonly failed: (error: unknown, name: string) => void,
  ) {}

  /** @throws when there is none that may be used. */
  async of(name: string, ask: () => Promise<Value>): Promise<KeptAnswer<Value>> {
    const known = this.#known.get(name);
    if (known !== undefined && this.#ageMs(known) < this.times.freshForMs) return known;
    try {
      return await this.#asked(name, ask);
    } catch (error) {
      if (known !== undefined && this.#ageMs(known) < this.times.usedForMs) return known;
      throw error;
    }
  }

  /**
   * @returns `undefined` when what is known was asked for a moment ago.
   * @throws when nobody answers: there may be a newer one, so nothing is said about it.
   */
  async newerThan(
    name: string,
    known: KeptAnswer<Value>,
    ask: () => Promise<Value>,
  ): Promise<KeptAnswer<Value> | undefined> {
    const latest = this.#known.get(name);
    // Somebody else has asked since this one was read.
    if (latest !== undefined && latest !== known) return latest;
    return this.#ageMs(known) < this.times.restMs ? undefined : await this.#asked(name, ask);
  }

  #ageMs({ askedAtMs }: KeptAnswer<Value>): number {
    return this.clock.nowMs() - askedAtMs;
  }

  async #asked(name: string, ask: () => Promise<Value>): Promise<KeptAnswer<Value>> {
    if (this.clock.nowMs() < (this.#restsUntilMs.get(name) ?? 0))
      throw new Error('it was asked a moment ago, in vain');
    return await this.#asking.run(name, async () => {
      try {
        const answer = { value: await ask(), askedAtMs: this.clock.nowMs() };
        this.#known.set(name, answer);
        return answer;
      } catch (error) {
        this.#restsUntilMs.set(name, this.clock.nowMs() + this.times.restAfterFailureMs);
        this.failed(error, name);
        throw error;
      }
    });
  }
}
