import { Counter, type Registry } from 'prom-client';
import { Labelled, type Labels } from './labelled.js';

/** What every metric has. */
export interface MetricFacts<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
}

/** A counter that is a plain number until somebody looks. */
export class PlainCounter<Label extends string> {
  readonly #counts: Labelled<Label, { value: number }>;

  constructor(facts: MetricFacts<Label>, registry: Registry) {
    const counts = new Labelled(facts.labelNames, () => ({ value: 0 }));
    this.#counts = counts;
    new Counter({
      ...facts,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, thing } of counts.all())
          if (labels === undefined) this.inc(thing.value);
          else this.inc(labels, thing.value);
      },
    });
  }

  inc(labels?: Labels<Label>, by = 1): void {
    this.#counts.of(labels).value += by;
  }
}
