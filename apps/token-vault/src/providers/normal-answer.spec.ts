import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normalAnswer } from './normal-answer.js';
import { carriesTokens } from './token-answer.js';

const WHOLE = { access_token: 'a', token_type: 'Bearer', refresh_token: 'r', expires_in: 3600, scope: 'x y' };
const of = (answer: unknown) => normalAnswer(JSON.stringify(answer));
const without = (name: string) =>
  Object.fromEntries(Object.entries(WHOLE).filter(([member]) => member !== name));

describe('an answer of a provider that says "not there" in its own way', () => {
  test.each(['refresh_token', 'scope', 'id_token', 'error', 'expires_in'])(
    '%s null or empty is absent',
    (name) => {
      for (const nothing of [null, '']) expect(of({ ...WHOLE, [name]: nothing })).toEqual(without(name));
    },
  );

  test.each<[string, unknown, number | undefined]>([
    ['a number as text', '3600', 3600],
    ['nothing', 0, undefined],
    ['less than nothing', -1, undefined],
    ['a word', 'never', undefined],
    ['a list', [1], undefined],
  ])('a lifetime that is %s', (_what, written, read) => {
    expect(of({ ...WHOLE, expires_in: written })?.['expires_in']).toBe(read);
  });

  test('a list of scopes is a list of words; a token type that is left out is Bearer', () => {
    expect(of({ access_token: 'a', scope: ['x', 'y', 1] })).toEqual({
      access_token: 'a',
      scope: 'x y',
      token_type: 'Bearer',
    });
  });

  test('loses no token: what holds one is kept, whatever stands beside it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (others) => {
        expect(carriesTokens(JSON.stringify({ ...others, access_token: 'a', error: null }))).toBe(true);
        expect(carriesTokens(JSON.stringify({ ...others, access_token: null, refresh_token: 'r' }))).toBe(
          true,
        );
      }),
    );
  });

  test('what is no JSON object is no answer', () => {
    for (const body of ['', '[]', 'null', '"x"', '<html>', '1']) expect(normalAnswer(body)).toBeUndefined();
  });
});
