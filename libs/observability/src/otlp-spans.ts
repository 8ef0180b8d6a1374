import {
  ROOT_CONTEXT,
  SpanStatusCode,
  SpanKind as OtelKind,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { TraceState } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { AlwaysOnSampler, TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { ActiveSpan, SpanAttributes, SpanKind } from '@gatehouse/kernel/active-span';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { TraceParent } from '@gatehouse/kernel/trace-context';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { countedWarning } from './counted-warning.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import { EXPORT_WITHIN_MS, SpanQueue } from './span-queue.js';
import type { FirstStep, SpanSource, TracedProcess, TraceSettings } from './tracing.js';

type OtlpSettings = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>;

/** A process that stops does not wait longer for a collector. */
const CLOSE_WITHIN_MS = 2 * SECOND_MS;
/** Names are configured or bounded where they come from; this holds whatever comes. */
const MAX_VALUE_LENGTH = 256;

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  internal: OtelKind.INTERNAL,
};

/** The steps that OpenTelemetry's SDK records and sends over OTLP/HTTP. Nothing global of it is set. */
export function otlpSpans(
  settings: TraceSettings,
  traced: TracedProcess,
  log: Pick<Log, 'warn'>,
  metrics: Pick<Metrics, 'counter'>,
): SpanSource {
  const exporter = new OTLPTraceExporter({
    url: `${settings.endpoint}/v1/traces`,
    headers: Object.fromEntries([...settings.headers].map(([name, value]) => [name, value.reveal()])),
    timeoutMillis: EXPORT_WITHIN_MS,
    concurrencyLimit: 8,
    ...agentOf(settings),
  });
  const spans = metrics.counter('trace_spans_total', 'Steps of traces, by what became of them.', ['outcome']);
  const warn = countedWarning(log, 'traces-not-exported');
  const queue = new SpanQueue(exporter, (outcome, count) => {
    spans.inc({ outcome }, count);
    if (outcome !== 'exported') warn();
  });
  return spansTo(queue, traced);
}

/** One through a proxy knows the certificates that are trusted. */
function agentOf({ agent, caBundle }: TraceSettings): Pick<OtlpSettings, 'httpAgentOptions'> {
  if (agent !== undefined) return { httpAgentOptions: () => agent };
  return caBundle === undefined ? {} : { httpAgentOptions: { ca: caBundle.reveal() } };
}

/** The same for any end of the queue. */
export function spansTo(processor: SpanProcessor, { service, gateway }: TracedProcess): SpanSource {
  const own = resourceFromAttributes({
    'service.name': `gatehouse-${service}`,
    'service.namespace': gateway,
    'service.instance.id': randomUUID(),
  });
  // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
  const resource = defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }));
  const provider = new TracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    spanLimits: { attributeValueLengthLimit: MAX_VALUE_LENGTH, attributeCountLimit: 32, linkCountLimit: 4 },
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('gatehouse');
  return {
    begin: (step) => new RecordedSpan(tracer, firstSpan(tracer, step)),
    close: async () => {
      const closed = provider.shutdown().catch(() => undefined);
      await Promise.race([closed, delay(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}

function firstSpan(tracer: Tracer, { name, kind, attributes, parent, link, beganAtMs }: FirstStep): Span {
  const context: Context =
    parent === undefined
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, contextOf(parent, parent.tracestate));
  return tracer.startSpan(
    shortened(name),
    {
      kind: KINDS[kind],
      ...(attributes === undefined ? {} : { attributes: given(attributes) }),
      ...(link === undefined ? {} : { links: [{ context: contextOf(link) }] }),
      ...(beganAtMs === undefined ? {} : { startTime: beganAtMs }),
    },
    context,
  );
}

const contextOf = ({ traceId, spanId }: TraceParent, tracestate?: string): SpanContext => ({
  traceId,
  spanId,
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
  ...(tracestate === undefined ? {} : { traceState: new TraceState(tracestate) }),
});

/** Without those that have no value. */
function given(attributes: SpanAttributes): Attributes {
  const written: Attributes = {};
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) written[name] = value;
  }
  return written;
}

/** The limit of the SDK is for attributes alone. */
const shortened = (name: string): string => name.slice(0, MAX_VALUE_LENGTH);

class RecordedSpan implements ActiveSpan {
  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
  ) {}

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  get traceparent(): string {
    const { traceId, spanId } = this.span.spanContext();
    return `00-${traceId}-${spanId}-01`;
  }

  get tracestate(): string | undefined {
    const state = this.span.spanContext().traceState?.serialize();
    return state === '' ? undefined : state;
  }

  child(name: string, kind: SpanKind, attributes: SpanAttributes = {}): ActiveSpan {
    const context = trace.setSpan(ROOT_CONTEXT, this.span);
    const options = { kind: KINDS[kind], attributes: given(attributes) };
    return new RecordedSpan(this.tracer, this.tracer.startSpan(shortened(name), options, context));
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes(given(attributes));
  }

  rename(name: string): void {
    this.span.updateName(shortened(name));
  }

  fail(kind: string): void {
    this.span.setAttribute('error.type', kind);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    this.span.end();
  }
}
