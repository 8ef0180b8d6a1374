import type { Agent } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { ActiveSpan, SpanAttributes, SpanKind } from '@gatehouse/kernel/active-span';
import type { Secret } from '@gatehouse/kernel/secret';
import type { TraceParent } from '@gatehouse/kernel/trace-context';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';

/** Where traces go, and how many of them. */
export interface TraceSettings {
  /** Base URL of a collector. */
  readonly endpoint: string;
  readonly headers: ReadonlyMap<string, Secret>;
  /** 0 to 1. */
  readonly samplingRatio: number;
  readonly caBundle?: Secret;
  /** That leads to it; absent: directly. */
  readonly agent?: Agent | undefined;
}

/** Whose steps are recorded. */
export interface TracedProcess {
  readonly service: string;
  /** Of the configuration. */
  readonly gateway: string;
}

/** The first step of this process in a trace. */
export interface FirstStep {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes?: SpanAttributes;
  /** The trace that it joins; absent: a new one. */
  readonly parent?: TraceParent & { readonly tracestate?: string | undefined };
  /** Another trace that it has to do with. */
  readonly link?: TraceParent | undefined;
  /** Milliseconds since the epoch; absent: now. */
  readonly beganAtMs?: number;
}

/** Makes steps, and sends those that have ended. */
export interface SpanSource {
  begin(step: FirstStep): ActiveSpan;
  /** Resolves when everything was sent, or when there is no more time for it. */
  close(): Promise<void>;
}

/**
 * Traces of this process. What is recorded is drawn here for each request and known to the services behind by the
 * `traceparent` that they get: a client that says "sampled" must not be able to fill somebody's disk.
 */
@Injectable()
export class Tracing {
  static readonly OFF = new Tracing(undefined, 0);

  constructor(
    private readonly spans: SpanSource | undefined,
    private readonly samplingRatio: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** Loads what sends traces, where there are settings for it: it is 10 MB that nobody else needs. */
  static async from(
    settings: TraceSettings | undefined,
    traced: TracedProcess,
    log: Pick<Log, 'warn'>,
    metrics: Pick<Metrics, 'counter'>,
  ): Promise<Tracing> {
    if (settings === undefined) return Tracing.OFF;
    const { otlpSpans } = await import('./otlp-spans.js');
    return new Tracing(otlpSpans(settings, traced, log, metrics), settings.samplingRatio);
  }

  /** Draws whether a request from outside is recorded. */
  takesNext(): boolean {
    return this.spans !== undefined && this.samplingRatio > 0 && this.random() < this.samplingRatio;
  }

  /** For a request that was drawn. */
  begin(step: FirstStep): ActiveSpan | undefined {
    return this.spans?.begin(step);
  }

  async close(): Promise<void> {
    await this.spans?.close();
  }
}
