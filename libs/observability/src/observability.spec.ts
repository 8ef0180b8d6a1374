import { expect, test } from '@jest/globals';
import { Metrics } from './metrics.js';

test('metrics come in the text format, under the project prefix', async () => {
  const metrics = new Metrics();
  metrics.counter('calls_total', 'Calls.', ['backend']).inc({ backend: 'tickets' });
  await expect(metrics.render()).resolves.toContain('gatehouse_calls_total{backend="tickets"} 1');
});
