import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { ClockSkews } from '@gatehouse/observability/clock-skews';
import type { Log } from '@gatehouse/observability/log';
import type { Metrics } from '@gatehouse/observability/metrics';
import { Readiness } from '@gatehouse/observability/readiness';
import type { InternalFacts } from '@gatehouse/service-process/internal-facts';

/** Each request to the API ends by itself long before. */
const STUCK_AFTER_MS = 5 * MINUTE_MS;
/** It asks for the Lease every two seconds. */
const SILENT_AFTER_MS = 30 * SECOND_MS;
const API = 'kubernetes-api';

interface Watched {
  readonly leader: { readonly silentForMs: number | undefined };
  readonly loop: { readonly busyForMs: number };
}

/** What probes are told. A replica that waits for the Lease is as ready as the one that holds it. */
export class Health {
  readonly facts: InternalFacts;
  readonly #readiness: Readiness;

  constructor({ leader, loop }: Watched, metrics: Metrics, log: Log) {
    this.#readiness = new Readiness(log, new ClockSkews(log, metrics), metrics);
    this.#readiness.part(API, () => {
      if ((leader.silentForMs ?? Infinity) > SILENT_AFTER_MS) throw new Error('the API does not answer');
    });
    this.#readiness.job({ name: 'reconcile', isMain: true, needs: [API] });
    this.facts = {
      readiness: async () => await this.#readiness.report(),
      stuck: async () => await Promise.resolve(loop.busyForMs > STUCK_AFTER_MS ? ['reconcile'] : []),
      metrics,
      status: undefined,
    };
  }

  start(): void {
    this.#readiness.onApplicationBootstrap();
  }

  stop(): void {
    this.#readiness.onApplicationShutdown();
  }
}
