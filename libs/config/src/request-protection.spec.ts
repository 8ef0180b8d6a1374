import { expect, test } from '@jest/globals';
import { modelOf, type Changes } from './configuration.fixture.js';

const demanded = (changes: Changes) => modelOf(changes).authServer?.requestProtection;

test('nothing is demanded of clients that is not written', () => {
  expect(demanded({})).toEqual({
    securityProfile: 'none',
    pushedAuthorizationRequests: 'optional',
    dpop: { boundAccessTokens: 'optional', nonces: 'optional' },
  });
});

test('a security profile demands what is not written', () => {
  expect(demanded({ 'authServer.securityProfile': 'fapi2' })).toEqual({
    securityProfile: 'fapi2',
    pushedAuthorizationRequests: 'required',
    dpop: { boundAccessTokens: 'required', nonces: 'optional' },
  });
});
