import { expect, test } from '@jest/globals';
import { CountedKeys } from './counted-keys.js';

const MAX_BYTES = 100_000;

test('however many and long the names are that are counted apart, their keys take no more memory than is set', () => {
  const keys = new CountedKeys(MAX_BYTES);
  const seen = new Set<string>();
  for (let index = 0; index < 200; index += 1) {
    seen.add(keys.of(`${index}-${'\u{1f600}'.repeat(8_000)}`));
    seen.add(keys.of(`${index}`));
    expect(keys.bytes).toBeLessThanOrEqual(MAX_BYTES);
  }
  expect(seen.size).toBe(400);
  // One that is too long to be kept at all has its key nevertheless.
  const long = 'x'.repeat(MAX_BYTES);
  expect(keys.of(long)).toBe(keys.of(long));
  expect(keys.bytes).toBeLessThanOrEqual(MAX_BYTES);
});
