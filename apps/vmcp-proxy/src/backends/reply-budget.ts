import { MINUTE_MS } from '@gatehouse/kernel/durations';

const MOST_A_MINUTE = 60;

/** How often the gateway itself answers what a backend asks on one stream: each is a request to the backend. */
export class ReplyBudget {
  #sinceMs = -Infinity;
  #count = 0;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** @returns false when there were too many. */
  take(): boolean {
    const nowMs = this.nowMs();
    if (nowMs - this.#sinceMs > MINUTE_MS) {
      this.#sinceMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= MOST_A_MINUTE;
  }
}
