import { expect, test } from '@jest/globals';
import { waitAtMost } from './wait-at-most.flow.js';

const timers = (): number => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;

const HOUR_MS = 3_600_000;

test.each([
  ['is done', async () => await Promise.resolve(), true],
  ['fails', async () => await Promise.reject(new Error('no')), 'no'],
])('no timer is left behind when the work %s', async (_how, work, expected) => {
  const before = timers();
  const outcome = await waitAtMost(HOUR_MS, work()).catch((error: unknown) => (error as Error).message);
  expect(outcome).toBe(expected);
  expect(timers()).toBe(before);
});

test('work that is not done in time goes on, and nobody waits for it', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  expect(await waitAtMost(0, promise)).toBe(false);
  resolve(undefined);
  expect(await waitAtMost(HOUR_MS, promise)).toBe(true);
});
