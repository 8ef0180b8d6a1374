import { expect, test } from '@jest/globals';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';
import { authorizationParameters } from './authorization-parameters.js';

const REQUEST = { state: 'state', nonce: 'nonce', challenge: 'challenge', fresh: false };

test('configured extra parameters are sent, but replace none of the flow', () => {
  const own = [
    'response_type',
    'client_id',
    'redirect_uri',
    'scope',
    'state',
    'nonce',
    'code_challenge',
    'code_challenge_method',
  ];
  const evil = Object.fromEntries(own.map((name) => [name, 'evil']));
  const sent = authorizationParameters(
    oidcProvider('idp', 'https://idp.example', {
      additionalAuthorizationParams: { ...evil, access_type: 'offline' },
    }),
    REQUEST,
  );
  expect(sent['access_type']).toBe('offline');
  expect(Object.values(sent)).not.toContain('evil');
  expect(Object.keys(sent)).toEqual(expect.arrayContaining(own));
});

test('a plain OAuth 2 provider gets neither nonce nor prompt', () => {
  const sent = authorizationParameters(oauth2Provider('octo', 'https://octo.example'), {
    ...REQUEST,
    fresh: true,
  });
  expect(sent).not.toHaveProperty('nonce');
  expect(sent).not.toHaveProperty('prompt');
});
