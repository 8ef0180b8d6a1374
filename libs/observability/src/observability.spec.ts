import { expect, test } from '@jest/globals';
import { Histogram, Registry } from 'prom-client';
import { Metrics } from './metrics.js';
import { PlainHistogram } from './plain-histogram.js';

test('metrics come in the text format, under the project prefix', async () => {
  const metrics = new Metrics();
  metrics.counter('calls_total', 'Calls.', ['backend']).inc({ backend: 'tickets' });
  await expect(metrics.render()).resolves.toContain('gatehouse_calls_total{backend="tickets"} 1');
});

test('a counter has one number for each combination of labels, however often somebody looks', async () => {
  const metrics = new Metrics();
  const calls = metrics.counter('calls_total', 'Calls.', ['backend', 'outcome']);
  calls.inc({ backend: 'a', outcome: 'ok' });
  calls.inc({ backend: 'b', outcome: 'ok' }, 3);
  await metrics.render();
  calls.inc({ outcome: 'ok', backend: 'a' });
  const text = await metrics.render();
  expect(text.split('\n').filter((line) => line.startsWith('gatehouse_calls_total'))).toEqual([
    'gatehouse_calls_total{backend="a",outcome="ok"} 2',
    'gatehouse_calls_total{backend="b",outcome="ok"} 3',
  ]);
});

test('a histogram of plain numbers says what one of the library says', async () => {
  const facts = { name: 'seconds', help: 'Seconds.', labelNames: ['backend'] as const };
  const buckets = [0.001, 0.1, 1];
  const [ours, theirs] = [new Registry(), new Registry()];
  const plain = new PlainHistogram(facts, buckets, ours);
  const usual = new Histogram({ ...facts, buckets, registers: [theirs] });
  for (const [backend, seconds] of [
    ['a', 0.001],
    ['a', 0.0011],
    ['b', 7],
    ['a', 0.5],
    ['b', 0],
  ] as const) {
    plain.observe({ backend }, seconds);
    usual.observe({ backend }, seconds);
  }
  expect(await ours.metrics()).toBe(await theirs.metrics());
});
