/** Kept for when the first of many replicas dies. */
const MAX_SAVED = 10;
/**
 * Each request earns a fraction of a repetition. More repetitions than that would only add work to a replica that is
 * late already.
 */
const EARNED_BY_A_REQUEST = 0.1;
/**
 * A repetition that is answered before the first sending shows that a replica died, and probably with more requests
 * than this one.
 */
const EARNED_BY_HELPING = 2;

/**
 * How often one kind of request may be sent again. A replica that is late because it has too much work gets no more of
 * it. When repetitions help, more of them are allowed.
 */
export class AskBudget {
  #saved = MAX_SAVED;

  /** A request was sent for the first time. */
  asked(): void {
    this.#earn(EARNED_BY_A_REQUEST);
  }

  helped(): void {
    this.#earn(EARNED_BY_HELPING);
  }

  /** @returns whether one may be sent again now. */
  take(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }

  #earn(part: number): void {
    this.#saved = Math.min(MAX_SAVED, this.#saved + part);
  }
}
