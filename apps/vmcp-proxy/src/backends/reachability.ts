import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

const FAILURES_TO_TRIP = 3;
const DOWN_FOR_MS = 2 * SECOND_MS;

/**
 * A circuit breaker on one fact only: no connection could be made. After three in a row, calls fail at once for two
 * seconds; then one is let through, and its outcome decides. Errors that a backend answers do not count, nor does an attempt
 * that began before another one was answered: a backend that cannot keep up is slow, not gone.
 */
export class Reachability {
  #failuresInARow = 0;
  #downUntilMs = 0;
  #answeredAtMs = -Infinity;

  isDown(nowMs: number): boolean {
    if (this.#failuresInARow < FAILURES_TO_TRIP) return false;
    if (nowMs < this.#downUntilMs) return true;
    this.#downUntilMs = nowMs + DOWN_FOR_MS;
    return false;
  }

  /** Takes the outcome of one exchange. */
  note(error: GatehouseError | undefined, beganAtMs: number, nowMs: number): void {
    if (error?.code === 'backend_unavailable' && error.details['ran'] === 'no') {
      if (beganAtMs <= this.#answeredAtMs) return;
      this.#failuresInARow += 1;
      this.#downUntilMs = nowMs + DOWN_FOR_MS;
    } else if (error === undefined || error.details['ran'] === 'maybe') {
      this.#failuresInARow = 0;
      this.#answeredAtMs = nowMs;
    }
  }
}
