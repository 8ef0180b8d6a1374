import { expect, test } from '@jest/globals';
import { Metrics } from './metrics.js';
import { ReadinessChecks } from './readiness-checks.js';

test('a part that throws or hangs is named as failing, the others are not', async () => {
  const checks = new ReadinessChecks();
  checks.add('good', () => undefined);
  checks.add('throws', () => {
    throw new Error('down');
  });
  checks.add('hangs', () => new Promise(() => undefined));
  await expect(checks.failing(50)).resolves.toEqual(['throws', 'hangs']);
});

test('metrics come in the text format, under the project prefix', async () => {
  const metrics = new Metrics();
  metrics.counter('calls_total', 'Calls.', ['backend']).inc({ backend: 'tickets' });
  await expect(metrics.render()).resolves.toContain('gatehouse_calls_total{backend="tickets"} 1');
});
