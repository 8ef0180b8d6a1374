import { expect, test } from '@jest/globals';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { Metrics } from '@gatehouse/observability/metrics';
import { Health } from './health.js';

function healthOf(silentForMs: number | undefined, busyForMs = 0): Health {
  return new Health({ leader: { silentForMs }, loop: { busyForMs } }, new Metrics(), new SilentLog());
}

test.each([
  [undefined, 'unready'],
  [0, 'ready'],
  [29_000, 'ready'],
  [31_000, 'unready'],
])(
  'an API that answered %j ms ago makes it %s, and never a process to restart',
  async (silentForMs, status) => {
    const { facts } = healthOf(silentForMs);
    expect((await facts.readiness()).status).toBe(status);
    expect(await facts.stuck()).toEqual([]);
  },
);

test('a look that does not end makes it a process to restart', async () => {
  expect(await healthOf(0, 299_000).facts.stuck()).toEqual([]);
  expect(await healthOf(0, 301_000).facts.stuck()).toEqual(['reconcile']);
});
