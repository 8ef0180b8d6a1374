import { expect, test } from '@jest/globals';
import { countedWarning } from './counted-warning.js';

test('a flood writes one line a minute, which says how many there were', () => {
  const lines: unknown[] = [];
  const clock = { now: 0, nowMs: () => clock.now };
  const warn = countedWarning({ warn: (...line) => void lines.push(line) }, 'limited', { kind: 'a' }, clock);
  for (let index = 0; index < 1_000; index += 1) warn();
  expect(lines).toEqual([['limited', { kind: 'a', count: 1 }]]);
  clock.now = 60_000;
  warn();
  expect(lines.slice(1)).toEqual([['limited', { kind: 'a', count: 1_000 }]]);
});
