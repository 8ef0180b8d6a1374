import { expect, test } from '@jest/globals';
import { mayRestart, pauseBeforeRestartMs } from './restarts.js';

test('a crash now and then is repaired, a crash loop is given up', () => {
  expect(mayRestart([0], 0)).toBe(true);
  expect(mayRestart([0, 1_000, 2_000], 2_000)).toBe(true);
  expect(mayRestart([0, 1_000, 2_000, 3_000], 3_000)).toBe(false);
  expect(mayRestart([0, 1_000, 2_000, 100_000], 100_000)).toBe(true);
});

test('each end within a minute doubles the pause', () => {
  expect(pauseBeforeRestartMs([0], 0)).toBe(250);
  expect(pauseBeforeRestartMs([0, 10, 20], 20)).toBe(1_000);
});
