import type { BackendWait } from '../backends/backend-wait.js';

/**
 * How long the gateway itself held one call: from its request until the response is passed on, less the time for which its
 * backend was waited for. Times are those of `performance.now()`.
 */
export class HeldTime implements BackendWait {
  #waitedMs = 0;
  /** Since when it waits. */
  #waitsSinceMs: number | undefined;
  /** Settled when the response began to be passed on: what a stream takes from there is its backend's. */
  #heldMs: number | undefined;

  /** @param receivedAtMs when the whole request was here. */
  constructor(readonly receivedAtMs: number) {}

  began(atMs: number): void {
    this.#waitsSinceMs ??= atMs;
  }

  ended(atMs: number, isPassedOn: boolean): void {
    if (this.#waitsSinceMs !== undefined) this.#waitedMs += atMs - this.#waitsSinceMs;
    this.#waitsSinceMs = undefined;
    if (isPassedOn) this.#heldMs ??= atMs - this.receivedAtMs - this.#waitedMs;
  }

  /** The response was passed on by then, or the first of it was earlier. @returns how long the call was held. */
  passedOnBy(atMs: number): number {
    this.ended(atMs, true);
    return this.#heldMs ?? 0;
  }
}

/** What the call waits for is not the gateway's doing. */
export async function waitedFor<Value>(held: HeldTime | undefined, what: Promise<Value>): Promise<Value> {
  held?.began(performance.now());
  try {
    return await what;
  } finally {
    held?.ended(performance.now(), false);
  }
}
