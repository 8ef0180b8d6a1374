import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

const FAILURES_TO_TRIP = 3;
const DOWN_FOR_MS = 2 * SECOND_MS;

/**
 * A circuit breaker on one fact only: no connection could be made. After three in a row, calls fail at once for two
 * seconds; then one is let through, and its outcome decides. Errors that a backend answers do not count.
 */
export class Reachability {
  #failuresInARow = 0;
  #downUntilMs = 0;

  isDown(nowMs: number): boolean {
    if (this.#failuresInARow < FAILURES_TO_TRIP) return false;
    if (nowMs < this.#downUntilMs) return true;
    this.#downUntilMs = nowMs + DOWN_FOR_MS;
    return false;
  }

  /** Takes the outcome of one exchange. */
  note(error: GatehouseError | undefined, nowMs: number): void {
    if (error?.code === 'backend_unavailable' && error.details['ran'] === 'no') {
      this.#failuresInARow += 1;
      this.#downUntilMs = nowMs + DOWN_FOR_MS;
    } else if (error === undefined || error.details['ran'] === 'maybe') this.#failuresInARow = 0;
  }
}
