import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isNumber, parseFaithfully } from './faithful-json.js';

test.each([
  '{"id":12345678901234567890}',
  '{"a":[1.0,1.50,1e3,-0,0.1,123456789.123456789]}',
  '{"nested":{"n":9007199254740993},"s":"1.0 and 12345678901234567890"}',
])('numbers come out as they went in: %s', (text) => {
  expect(JSON.stringify(parseFaithfully(text))).toBe(text);
});

test('every JSON value survives', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(parseFaithfully(text))).toBe(text);
    }),
  );
});

test('a long number is still a number', () => {
  const { id } = parseFaithfully('{"id":12345678901234567890}') as { id: unknown };
  expect(isNumber(id)).toBe(true);
  expect(isNumber('1')).toBe(false);
  expect(isNumber({})).toBe(false);
});
