import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { matchesWildcard } from './wildcard.js';

test.each([
  ['search', 'search', true],
  ['search', 'search_code', false],
  ['search', 'research', false],
  ['search_*', 'search_', true],
  ['search_*', 'search_code', true],
  ['*_delete', 'repo_delete', true],
  ['*_delete', 'repo_delete_all', false],
  ['a*a', 'a', false],
  ['a*b*c', 'a--b--c', true],
  ['a*b*c', 'a----c', false],
  ['*', '', true],
  ['', 'a', false],
  ['a.c', 'abc', false],
])('the pattern %s and the text %s: %p', (pattern, text, expected) => {
  expect(matchesWildcard(pattern, text)).toBe(expected);
});

const short = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 });

test('it says what the regular expression says', () => {
  fc.assert(
    fc.property(short, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }), (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
      expect(matchesWildcard(pattern, text)).toBe(expression.test(text));
    }),
  );
});

test('a hostile pattern costs no more than its length', () => {
  // Of this process alone, however busy the machine is.
  const before = process.cpuUsage();
  expect(matchesWildcard(`${'*a'.repeat(2_000)}b`, 'a'.repeat(100_000))).toBe(false);
  expect(process.cpuUsage(before).user).toBeLessThan(500_000);
});
