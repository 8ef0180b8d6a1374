import { expect, test } from '@jest/globals';
import { authenticationContext } from './authentication-context.js';

// OpenID Connect Core, section 2.
test('what an id_token says of how the person authenticated is told', () => {
  expect(authenticationContext({ acr: 'urn:acme:gold', amr: ['pwd', 'otp'] })).toEqual({
    acr: 'urn:acme:gold',
    amr: ['pwd', 'otp'],
  });
  expect(authenticationContext({ sub: 'x' })).toEqual({});
  expect(authenticationContext(undefined)).toEqual({});
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['no text', { acr: 1, amr: 'pwd' }],
  ['empty', { acr: '', amr: [] }],
  ['a list with something else in it', { amr: ['pwd', 1] }],
  ['longer than any is', { acr: 'x'.repeat(257), amr: ['x'.repeat(65)] }],
  ['more than there are', { amr: Array.from({ length: 21 }, (_none, index) => `m${index}`) }],
])('%s is as good as nothing', (_what, claims) => {
  expect(authenticationContext(claims)).toEqual({});
});
