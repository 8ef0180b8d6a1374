import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Cancellation } from '../backends/cancellation.js';
import type { RequestId } from '../edge/message.js';

/** The client went away or said that it no longer wants the answer. */
export const CANCELLED = new GatehouseError('deadline_exceeded', 'the client cancelled the call');

/** Calls of legacy sessions that are running here, so that `notifications/cancelled` finds them. */
export class InFlight {
  readonly #calls = new Map<string, Cancellation>();

  add(sessionId: string, id: RequestId, cancellation: Cancellation): () => void {
    const key = keyOf(sessionId, id);
    this.#calls.set(key, cancellation);
    return () => {
      if (this.#calls.get(key) === cancellation) this.#calls.delete(key);
    };
  }

  /** Only a call of the same session can be cancelled. */
  cancel(sessionId: string, id: RequestId): void {
    this.#calls.get(keyOf(sessionId, id))?.cancel(CANCELLED);
  }
}

const keyOf = (sessionId: string, id: RequestId): string => `${sessionId}\n${JSON.stringify(id)}`;
