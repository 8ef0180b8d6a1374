/** Kept for when the first of many replicas dies. */
const MAX_SAVED = 10;
/** Each request earns a part of a repetition: what is asked more than that would only be more work for who is late. */
const EARNED_BY_A_REQUEST = 0.1;
/** A repetition that was answered before the first sending shows that there somebody died, with more than this one. */
const EARNED_BY_HELPING = 2;

/**
 * How often one kind of request may be sent again. Whoever is late because of too much work is not given more of it; when
 * repetitions help, there are more of them.
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
