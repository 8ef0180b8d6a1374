import { expect, test } from '@jest/globals';
import { sameContent } from './same-content.js';
import { Secret } from './secret.js';

class Opaque {
  readonly #inside = 1;

  get inside(): number {
    return this.#inside;
  }
}

test('what says the same is the same, whoever made it', () => {
  const made = () => ({
    a: [1, 'x', { b: true }],
    map: new Map([['k', new Set([1])]]),
    secret: new Secret('s'),
  });
  expect(sameContent(made(), made())).toBe(true);
  expect(sameContent({ a: undefined }, {})).toBe(true);
});

test('a secret with another value is a change, although both print alike', () => {
  expect(sameContent({ key: new Secret('one') }, { key: new Secret('two') })).toBe(false);
  expect(sameContent(new Secret('one'), { toString: () => '[redacted]' })).toBe(false);
});

test('another order of a list or a map, another length, and another kind are changes', () => {
  expect(sameContent([1, 2], [2, 1])).toBe(false);
  expect(sameContent([1], [1, undefined])).toBe(false);
  expect(sameContent(new Map([['a', 1]]), new Map([['a', 2]]))).toBe(false);
  expect(sameContent({}, [])).toBe(false);
  expect(sameContent(null, {})).toBe(false);
});

test('what cannot be looked into is never taken for the same', () => {
  expect(sameContent(new Opaque(), new Opaque())).toBe(false);
});
