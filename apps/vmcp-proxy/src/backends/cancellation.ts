import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/** One call's way of being stopped: by its deadline, by its client, or by a cancel notification. Cheaper than an AbortSignal. */
export class Cancellation {
  #reason: GatehouseError | undefined;
  #stop: ((reason: GatehouseError) => void) | undefined;

  get reason(): GatehouseError | undefined {
    return this.#reason;
  }

  cancel(reason: GatehouseError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#stop?.(reason);
  }

  /** What to stop; the newest request of the call replaces the one before it. */
  attach(stop: (reason: GatehouseError) => void): void {
    this.#stop = stop;
    if (this.#reason !== undefined) stop(this.#reason);
  }
}
