import { expect, test } from '@jest/globals';
import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { spansTo } from './otlp-spans.js';
import { MAX_WAITING_SPANS, SpanQueue, type SpanOutcome } from './span-queue.js';

const PROCESS = { service: 'vmcp-proxy', gateway: 'acme' };

function queueTo(exporter: SpanExporter) {
  const became = new Map<SpanOutcome, number>();
  const queue = new SpanQueue(exporter, (outcome, count) => {
    became.set(outcome, (became.get(outcome) ?? 0) + count);
  });
  return { became, spans: spansTo(queue, PROCESS) };
}

test('attack: requests faster than any collector fill no memory: what has no room is dropped and counted', async () => {
  let held = 0;
  let answer: (() => void) | undefined;
  const { became, spans } = queueTo({
    export: (batch, done) => {
      held += batch.length;
      // The first hangs until the end of the test.
      if (answer === undefined) answer = () => done({ code: ExportResultCode.SUCCESS });
      else done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: () => Promise.resolve(),
  });
  for (let n = 0; n < 20_000; n += 1) spans.begin({ name: 'tools/call', kind: 'server' }).end();
  expect(became.get('dropped')).toBe(20_000 - MAX_WAITING_SPANS - held);
  expect(held).toBeLessThanOrEqual(512);
  answer?.();
  await spans.close();
});

test('what a collector refuses is lost and counted, and the close ends all the same', async () => {
  const { became, spans } = queueTo({
    export: (_batch, done) => done({ code: ExportResultCode.FAILED }),
    shutdown: () => Promise.resolve(),
  });
  spans.begin({ name: 'tools/call', kind: 'server' }).end();
  await spans.close();
  expect(became.get('lost')).toBe(1);
});

test('steps that ended are sent at the close', async () => {
  const sent: string[] = [];
  const { spans } = queueTo({
    export: (batch, done) => {
      sent.push(...batch.map(({ name }) => name));
      done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: () => Promise.resolve(),
  });
  const span = spans.begin({ name: 'tools/call', kind: 'server' });
  span.child('send', 'client').end();
  span.rename('tools/call echo');
  span.end();
  await spans.close();
  expect(sent).toEqual(['send', 'tools/call echo']);
});

test('attack: a step with a name of kilobytes is sent under the beginning of it', async () => {
  const sent: string[] = [];
  const { spans } = queueTo({
    export: (batch, done) => {
      sent.push(...batch.map(({ name }) => name));
      done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: () => Promise.resolve(),
  });
  const long = 'x'.repeat(16_384);
  const span = spans.begin({ name: long, kind: 'server' });
  span.child(long, 'client').end();
  span.rename(`tools/call ${long}`);
  span.end();
  spans.begin({ name: long, kind: 'server' }).end();
  await spans.close();
  expect(sent.map((name) => name.length)).toEqual([256, 256, 256]);
});
