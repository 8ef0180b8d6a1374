import type { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import type { ReconciledGateway } from './reconcile/reconcile.flow.js';

/** What operators are told of the work: lines for what changes, metrics for what is. */
export class Told {
  readonly metrics = new Metrics();
  readonly #leads = this.metrics.gauge(
    'operator_leads',
    'Whether this replica of the operator works: 1 or 0.',
    [],
  );
  readonly #looks = this.metrics.counter('operator_looks_total', 'Looks at all objects.', ['result']);
  readonly #wrong = this.metrics.gauge(
    'operator_gateway_problems',
    'What is wrong with a gateway, at the last look of this replica.',
    ['gateway'],
  );
  readonly #problems = new Map<string, number>();

  constructor(
    private readonly log: Log,
    private readonly identity: string,
  ) {}

  leads(leads: boolean): void {
    this.#leads.set(leads ? 1 : 0);
    // Whoever leads now knows better.
    if (!leads) this.#wrong.reset();
    this.log.info('leadership-changed', { leads, identity: this.identity });
  }

  look(result: 'ok' | 'failed'): void {
    this.#looks.inc({ result });
  }

  gateways(looked: readonly ReconciledGateway[]): void {
    for (const { name, problems, isNew } of looked) {
      if (isNew) this.log.info('gateway-configuration-written', { gateway: name });
      if (problems > 0 && this.#problems.get(name) !== problems)
        this.log.warn('gateway-configuration-wrong', { gateway: name, problems });
      this.#problems.set(name, problems);
      this.#wrong.set({ gateway: name }, problems);
    }
  }
}
