import type { Histogram, Registry } from 'prom-client';
import { Labelled, type Labels } from './labelled.js';
import type { MetricFacts } from './plain-counter.js';

interface Observed {
  /** By bucket, without those of the smaller ones; the last is for what is above all bounds. */
  readonly counts: number[];
  sum: number;
}

/** A histogram that is an array of plain numbers until somebody looks. */
export class PlainHistogram<Label extends string> {
  readonly #observed: Labelled<Label, Observed>;

  constructor(
    facts: MetricFacts<Label>,
    private readonly buckets: readonly number[],
    registry: Registry,
  ) {
    const observed = new Labelled<Label, Observed>(facts.labelNames, () => ({
      counts: Array.from({ length: buckets.length + 1 }, () => 0),
      sum: 0,
    }));
    this.#observed = observed;
    const { name, help } = facts;
    const shown = {
      name,
      help,
      get: async () =>
        await Promise.resolve({ name, help, type: 'histogram', values: valuesOf(name, buckets, observed) }),
    };
    // The name, and what `get` says, are all that a registry asks a metric for.
    registry.registerMetric(shown as unknown as Histogram<Label>);
  }

  /** @returns what to call at the end of what takes its time. */
  startTimer(labels: Labels<Label>): () => void {
    const beganAtMs = performance.now();
    return () => this.observe(labels, (performance.now() - beganAtMs) / 1_000);
  }

  observe(labels: Labels<Label>, value: number): void {
    const { buckets } = this;
    const observed = this.#observed.of(labels);
    let bucket = 0;
    while (bucket < buckets.length && value > (buckets[bucket] ?? Infinity)) bucket += 1;
    observed.counts[bucket] = (observed.counts[bucket] ?? 0) + 1;
    observed.sum += value;
  }
}

/** Each bucket counts what is in the smaller ones, too (Prometheus text format). */
function valuesOf<Label extends string>(
  name: string,
  buckets: readonly number[],
  observed: Labelled<Label, Observed>,
) {
  return [...observed.all()].flatMap(({ labels, thing: { counts, sum } }) => {
    let count = 0;
    const inBuckets = counts.map((own, index) => {
      count += own;
      const le = buckets[index] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...inBuckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  });
}
