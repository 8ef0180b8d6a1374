import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Cancellation } from '../backends/cancellation.js';
import type { Verdict } from './message-gate.js';

/** The response of a backend, which came while nobody waited for it. */
export class KeptResponse {
  #judge: (() => Verdict) | undefined;
  #taken: () => void = () => undefined;

  get isThere(): boolean {
    return this.#judge !== undefined;
  }

  keep(judge: () => Verdict): void {
    this.#judge = judge;
  }

  /** Somebody waits for it now. */
  take(): Verdict | undefined {
    const verdict = this.#judge?.();
    this.drop();
    return verdict;
  }

  drop(): void {
    this.#judge = undefined;
    this.#taken();
  }

  /**
   * Resolves when nothing is kept any more.
   * @param late why it is cancelled when nobody comes for it in that time.
   * @throws {GatehouseError} why it was cancelled.
   */
  async taken(cancellation: Cancellation, withinMs: number, late: GatehouseError): Promise<void> {
    if (!this.isThere) return;
    const taken: PromiseWithResolvers<void> = Promise.withResolvers();
    this.#taken = taken.resolve;
    const timer = setTimeout(() => cancellation.cancel(late), withinMs);
    cancellation.attach(taken.reject);
    try {
      await taken.promise;
    } finally {
      clearTimeout(timer);
    }
  }
}
