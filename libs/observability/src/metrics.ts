import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { PlainCounter } from './plain-counter.js';
import { PlainHistogram } from './plain-histogram.js';

/** Buckets in seconds, from a cached answer to a provider that takes its time. */
const LATENCY_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The service's metrics (Prometheus text format). Labels are configured names and outcomes, never values of a request. */
@Injectable()
export class Metrics {
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): PlainCounter<Label> {
    return new PlainCounter({ name: `gatehouse_${name}`, help, labelNames }, this.#registry);
  }

  /** What goes up and down. */
  gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name: `gatehouse_${name}`, help, labelNames, registers: [this.#registry] });
  }

  /** Durations in seconds; `buckets` are the upper bounds that they are counted by. */
  histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets: readonly number[] = LATENCY_BUCKETS_SECONDS,
  ): PlainHistogram<Label> {
    return new PlainHistogram({ name: `gatehouse_${name}`, help, labelNames }, buckets, this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async render(): Promise<string> {
    return await this.#registry.metrics();
  }
}
