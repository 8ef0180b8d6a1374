import { expect, test } from '@jest/globals';
import { audiencesIn } from './token-audiences.js';

const jwt = (claims: unknown): string =>
  ['{"alg":"none"}', JSON.stringify(claims)]
    .map((part) => Buffer.from(part).toString('base64url'))
    .concat('x')
    .join('.');

test.each([
  ['one audience', { aud: 'https://api.example' }, ['https://api.example']],
  ['several', { aud: ['api', 'https://api.example'] }, ['api', 'https://api.example']],
  ['none', {}, []],
  ['what is no text', { aud: [1, null, { a: 1 }, 'api'] }, ['api']],
  // Postgres takes no NUL: a token must not be lost for what it says of itself.
  ['what cannot be stored or shown', { aud: ['a\u0000b', '\u001b[2J', '', 'x'.repeat(257), 'api'] }, ['api']],
  [
    'more than anybody reads',
    { aud: Array.from({ length: 20 }, (_, index) => `a${index}`) },
    'abcdefgh'.length,
  ],
])('the audiences of a token with %s', (_what, claims, expected) => {
  const found = audiencesIn(jwt(claims));
  if (typeof expected === 'number') expect(found).toHaveLength(expected);
  else expect(found).toEqual(expected);
});

test.each(['opaque', '', 'a.b.c', jwt([]), jwt(null), 'a.b.c.d.e'])(
  'a token that says nothing: %p',
  (token) => {
    expect(audiencesIn(token)).toEqual([]);
  },
);
