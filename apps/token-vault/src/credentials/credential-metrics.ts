import { Injectable } from '@nestjs/common';
import { Metrics } from '@gatehouse/observability/metrics';

type CredentialKind = 'inject' | 'exchange';
type ExchangeOutcome =
  'exchanged' | 'cached' | 'role_missing' | 'token_invalid' | 'exchange_refused' | 'exchange_unavailable';

/** Counts released credentials and exchanges. Labels are names of the configuration and outcomes of a closed list. */
@Injectable()
export class CredentialMetrics {
  readonly #exchanges;
  readonly #releases;
  readonly #seconds;

  constructor(metrics: Metrics) {
    this.#exchanges = metrics.counter('vault_exchanges_total', 'Token exchanges by outcome', [
      'backend',
      'outcome',
    ]);
    this.#releases = metrics.counter('vault_releases_total', 'Released credentials', ['backend', 'kind']);
    this.#seconds = metrics.histogram(
      'vault_credential_seconds',
      'Time to a credential, refused ones included',
      ['backend', 'kind'],
    );
  }

  exchanged(backend: string, outcome: ExchangeOutcome): void {
    this.#exchanges.inc({ backend, outcome });
  }

  released(backend: string, kind: CredentialKind): void {
    this.#releases.inc({ backend, kind });
  }

  /** @returns a function that stops the timer when the request has been answered. */
  timed(backend: string, kind: CredentialKind): () => void {
    return this.#seconds.startTimer({ backend, kind });
  }
}
