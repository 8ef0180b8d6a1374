import { ExportResultCode } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { SECOND_MS } from '@gatehouse/kernel/durations';

/** Steps that wait to be sent; more are dropped. About 2 MB. */
export const MAX_WAITING_SPANS = 2_048;
const MAX_SPANS_OF_EXPORT = 512;
export const EXPORT_WITHIN_MS = 5 * SECOND_MS;
const EXPORT_EVERY_MS = 2 * SECOND_MS;

export type SpanOutcome = 'exported' | 'lost' | 'dropped';

/** Steps that have ended, until they are sent: never more than there is room for, and never waited for. */
export class SpanQueue implements SpanProcessor {
  readonly #batches: BatchSpanProcessor;
  #waiting = 0;

  constructor(
    exporter: SpanExporter,
    private readonly became: (outcome: SpanOutcome, count: number) => void,
  ) {
    const send: SpanExporter['export'] = (spans, done) => {
      this.#waiting -= spans.length;
      exporter.export(spans, (result) => {
        this.became(result.code === ExportResultCode.SUCCESS ? 'exported' : 'lost', spans.length);
        done(result);
      });
    };
    this.#batches = new BatchSpanProcessor({
      exporter: { export: send, shutdown: async () => await exporter.shutdown() },
      maxQueueSize: MAX_WAITING_SPANS,
      maxExportBatchSize: MAX_SPANS_OF_EXPORT,
      exportTimeoutMillis: EXPORT_WITHIN_MS,
      scheduledDelayMillis: EXPORT_EVERY_MS,
    });
  }

  onStart(...given: Parameters<SpanProcessor['onStart']>): void {
    this.#batches.onStart(...given);
  }

  onEnd(span: ReadableSpan): void {
    if (this.#waiting >= MAX_WAITING_SPANS) {
      this.became('dropped', 1);
      return;
    }
    this.#waiting += 1;
    this.#batches.onEnd(span);
  }

  async forceFlush(): Promise<void> {
    await this.#batches.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.#batches.shutdown();
  }
}
