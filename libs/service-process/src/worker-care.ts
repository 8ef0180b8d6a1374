/** Looks in a row, a minute in all. It is counted and not timed: when the whole machine stood still, nobody hangs. */
const MAX_UNANSWERED = 12;
/** A worker hears a question after the connections that it was given before: when it answers, it has said that it has them. */
const MAX_UNTAKEN = 3;

/** What one look at a worker shows. */
export interface SeenWorker {
  readonly isServing: boolean;
  readonly hasAnswered: boolean;
  /** The oldest connection that it was given and has not said that it has. */
  readonly untaken: number | undefined;
}

/** What the primary does about one worker; another one begins with a new care. */
export class WorkerCare {
  #unanswered = 0;
  #untaken: number | undefined;
  #untakenLooks = 0;
  #isServing = false;

  /** @param maxStartLooks for what it waits for before it serves: that counts beside the minute that each has. */
  constructor(private readonly maxStartLooks: number) {}

  /** @returns whether it hangs: it is to be killed. */
  hangs({ isServing, hasAnswered, untaken }: SeenWorker): boolean {
    if (hasAnswered || isServing !== this.#isServing) this.#unanswered = 0;
    else this.#unanswered += 1;
    this.#isServing = isServing;
    this.#untakenLooks = !hasAnswered || untaken !== this.#untaken ? 0 : this.#untakenLooks + 1;
    this.#untaken = untaken;
    const max = isServing ? MAX_UNANSWERED : MAX_UNANSWERED + this.maxStartLooks;
    if (this.#unanswered < max) return false;
    this.#unanswered = 0;
    return true;
  }

  /**
   * Whether it answers, but lost a connection on its way to it (it had no descriptor for it: EMFILE). node:cluster waits for ever for
   * its word, and gives it no other one (Node 24, lib/internal/child_process.js, round_robin_handle.js).
   */
  get isDeaf(): boolean {
    return this.#untaken !== undefined && this.#untakenLooks >= MAX_UNTAKEN;
  }
}
