import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isOver } from './time-left.js';

test.each([
  { header: undefined, over: false },
  { header: '0', over: true },
  { header: '-1', over: true },
  { header: '1', over: false },
  { header: '', over: false },
  { header: '-', over: false },
  { header: '0x0', over: false },
  { header: ' 0', over: false },
  { header: '-0.5', over: false },
  { header: '-99999999999999999', over: false },
])('$header says that nobody waits any more: $over', ({ header, over }) => {
  expect(isOver(header)).toBe(over);
});

test('whole milliseconds are over when none is left', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (left) => {
      expect(isOver(String(left))).toBe(left <= 0);
    }),
  );
});
