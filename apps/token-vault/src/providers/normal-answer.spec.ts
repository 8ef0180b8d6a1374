import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normalAnswer } from './normal-answer.js';
import { acceptedTokens, carriesTokens } from './token-answer.js';

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

  test.each(['access_token', 'refresh_token', 'id_token', 'scope'])(
    '%s of a type that makes no sense is absent, and spoils nothing else',
    (name) => {
      for (const nonsense of [true, false, {}, [{}], [], ' ', '\t'])
        expect(of({ ...WHOLE, [name]: nonsense })).toEqual(
          name === 'access_token'
            ? expect.not.objectContaining({ access_token: expect.anything() })
            : without(name),
        );
    },
  );

  test('a token that is a number is its digits, however many', () => {
    expect(normalAnswer('{"access_token":12345678901234567890,"refresh_token":7,"expires_in":60}')).toEqual({
      access_token: '12345678901234567890',
      refresh_token: '7',
      expires_in: 60,
      token_type: 'Bearer',
    });
  });

  test('whatever stands in it, what is read holds texts where texts belong, and reading is final', () => {
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.constant(null));
    const members = fc.constantFrom(...Object.keys(WHOLE), 'id_token', 'error', 'constructor');
    fc.assert(
      fc.property(fc.dictionary(members, value), (answer) => {
        const read = of(answer);
        for (const name of ['access_token', 'refresh_token', 'id_token', 'scope', 'token_type'])
          if (name !== 'token_type' || read?.['access_token'] !== undefined)
            expect(['string', 'undefined']).toContain(typeof read?.[name]);
        expect(['number', 'undefined']).toContain(typeof read?.['expires_in']);
        expect(of(read)).toEqual(read);
      }),
    );
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

  test.each<[unknown, string]>([
    [undefined, 'Bearer'],
    ['bearer', 'Bearer'],
    [' Bearer ', 'Bearer'],
    ['user', 'Bearer'],
    ['access_token', 'Bearer'],
    [7, 'Bearer'],
    ['DPoP', 'DPoP'],
    ['N_A', 'N_A'],
    ['mac', 'mac'],
  ])('token type %p is %s', (written, read) => {
    expect(of({ access_token: 'a', token_type: written })?.['token_type']).toBe(read);
  });

  test('an answer that is written as a form is read', () => {
    expect(
      normalAnswer('access_token=a%2Bb&token_type=bearer&scope=x%20y+z&expires_in=60&refresh_token='),
    ).toEqual({
      access_token: 'a+b',
      token_type: 'Bearer',
      scope: 'x y z',
      expires_in: 60,
    });
    expect(normalAnswer('error=invalid_grant&error_description=gone')).toMatchObject({
      error: 'invalid_grant',
    });
  });

  test.each(['a=b', 'not found', '<p>access_token=a</p>', '=access_token', 'access_token'])(
    'a text with no tokens in it is no form: %s',
    (body) => {
      expect(normalAnswer(body)).toBeUndefined();
    },
  );
});

describe('a token without a lifetime', () => {
  const NOW_MS = 1_800_000_000_000;
  const jwt = (claims: object): string =>
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
  const expiryOf = (accessToken: string) =>
    acceptedTokens({ access_token: accessToken }, NOW_MS, []).expiresAtMs;

  test('that is a JWT ends when it says', () => {
    expect(expiryOf(jwt({ exp: NOW_MS / 1_000 + 60 }))).toBe(NOW_MS + 60_000);
  });

  test.each([
    ['an opaque token', 'opaque'],
    ['a token with dots', 'a.b.c'],
    ['a JWT without an end', jwt({ sub: 'a' })],
    ['a JWT whose end is text', jwt({ exp: '99999999999' })],
    ['a JWT that has ended', jwt({ exp: NOW_MS / 1_000 })],
  ])('%s has no known end', (_what, accessToken) => {
    expect(expiryOf(accessToken)).toBeUndefined();
  });

  test('whose JWT never ends is taken for one that lives ten years', () => {
    expect(expiryOf(jwt({ exp: 1e300 }))).toBe(NOW_MS + 3_650 * 86_400_000);
  });

  test('keeps the lifetime that the answer gives', () => {
    const accessToken = jwt({ exp: NOW_MS / 1_000 + 60 });
    expect(acceptedTokens({ access_token: accessToken, expires_in: 30 }, NOW_MS, []).expiresAtMs).toBe(
      NOW_MS + 30_000,
    );
  });
});
