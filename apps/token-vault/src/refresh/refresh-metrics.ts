import { Injectable } from '@nestjs/common';
import { Metrics } from '@gatehouse/observability/metrics';
import type { RefreshOutcome } from './outcome.js';

/** Counts refreshes. Labels are names of the configuration and outcomes of a closed list. */
@Injectable()
export class RefreshMetrics {
  readonly #refreshes;

  constructor(metrics: Metrics) {
    this.#refreshes = metrics.counter('vault_refreshes_total', 'Redeemed refresh tokens by outcome', [
      'provider',
      'outcome',
    ]);
  }

  refreshed(provider: string, outcome: RefreshOutcome): void {
    this.#refreshes.inc({ provider, outcome });
  }
}
