import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/** The backend was not asked: it failed a moment ago. */
export class CircuitOpen extends GatehouseError {
  constructor(backend: string, triesAgainInMs: number) {
    const retryAfterSeconds = String(Math.max(Math.ceil(triesAgainInMs / SECOND_MS), 1));
    super('backend_unavailable', 'it failed a moment ago, and is left alone for now', {
      details: { backend, ran: 'no', retryAfterSeconds },
    });
  }
}
