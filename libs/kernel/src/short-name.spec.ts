import { describe, expect, test } from '@jest/globals';
import { mayBeUnder, plainName, shortName } from './short-name.js';

describe('the short form of a name', () => {
  test('a name that fits is itself', () => {
    expect(shortName('repos_search', 12)).toBe('repos_search');
  });

  test.each([
    ['repos_search_everything_everywhere', 24],
    ['😀'.repeat(30), 24],
    ['a'.repeat(1_000), 64],
    ['ends___________________________', 24],
    ['________________________________', 24],
  ])('%s fits into %d, with a digest of the whole', (name, most) => {
    const short = shortName(name, most);
    expect(short.length).toBeLessThanOrEqual(most);
    expect(short).toMatch(/^[^]+_[0-9a-f]{10}$/);
    expect(short.isWellFormed()).toBe(true);
    expect(shortName(`${name}x`, most)).not.toBe(short);
  });

  test('no separator stands before the digest', () => {
    expect(shortName('ends_-./ ______________________', 24)).toMatch(/^ends_[0-9a-f]{10}$/);
  });
});

// MCP 2025-11-25, tools: names.
describe('the plain form of a name', () => {
  test.each(['search', 'a.b-C_9'])('%s is plain', (name) => {
    expect(plainName(name)).toBe(name);
  });

  test.each([
    ['elicit (form)', /^elicit_form_[0-9a-f]{10}$/],
    ['日本', /^tool_[0-9a-f]{10}$/],
    ['', /^tool_[0-9a-f]{10}$/],
    ['a/b', /^a_b_[0-9a-f]{10}$/],
  ])('%j is listed as %s', (name, plain) => {
    expect(plainName(name)).toMatch(plain);
  });

  test('two names with one readable part stay two', () => {
    expect(plainName('a b')).not.toBe(plainName('a/b'));
  });
});

test.each([
  ['repos_', 'repos_search', true],
  ['repos_', 'tickets_search', false],
  // The prefix itself was cut.
  ['a-very-long-name-of-a-backend_', 'a-very-long_0123456789', true],
  ['a-very-long-name-of-a-backend_', 'another_0123456789', false],
  ['repos_', 'repo_123', false],
])('under %s: may %s be? %s', (prefix, name, may) => {
  expect(mayBeUnder(prefix, name)).toBe(may);
});
