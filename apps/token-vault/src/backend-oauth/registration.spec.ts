import { describe, expect, test } from '@jest/globals';
import { conditionOf } from './gateway-client.js';
import type { StoredClient } from './registered-client.store.js';
import { methodToRegister, readRegistration } from './registration-answer.js';

const CALLBACK = 'https://auth.example/oauth/callback/notes';
const GIVEN = { client_id: 'c', client_secret: 's', redirect_uris: [CALLBACK] };
const read = (changes: object) => readRegistration({ ...GIVEN, ...changes }, CALLBACK);

// RFC 7591, section 3.2.1.
describe('what a registration endpoint answers', () => {
  test('is kept as far as it is needed; null and empty members are not there', () => {
    expect(read({ client_secret_expires_at: 0, logo_uri: null, redirect_uris: null })).toEqual({
      client: { clientId: 'c', clientSecret: 's' },
    });
    for (const nothing of [null, ''])
      expect(read({ client_secret: nothing, token_endpoint_auth_method: nothing })).toEqual({
        client: { clientId: 'c', tokenEndpointAuthMethod: 'none' },
      });
    expect(read({ client_secret_expires_at: 1e300 })).toEqual({
      client: { clientId: 'c', clientSecret: 's' },
    });
    expect(
      read({ token_endpoint_auth_method: 'client_secret_post', client_secret_expires_at: '1800000000' }),
    ).toEqual({
      client: { clientId: 'c', clientSecret: 's', tokenEndpointAuthMethod: 'client_secret_post' },
      secretExpiresAtMs: 1_800_000_000_000,
    });
  });

  test.each([
    [[CALLBACK, 'https://evil.example/callback']],
    [['https://evil.example/callback']],
    [[`${CALLBACK}/`]],
  ])('may not add redirect URIs (codes that go elsewhere): %p', (redirectUris) => {
    expect(() => read({ redirect_uris: redirectUris })).toThrow('registration_unfit');
  });

  test.each([
    { client_id: '' },
    { client_id: 7 },
    { client_id: 'a\nb' },
    { client_id: 'x'.repeat(2_000) },
    { token_endpoint_auth_method: 'private_key_jwt' },
    { client_secret: null, token_endpoint_auth_method: 'client_secret_basic' },
    { client_secret_expires_at: 'soon' },
  ])('has to be usable: %p', (changes) => {
    expect(() => read(changes)).toThrow('registration_unfit');
  });

  test.each<[string[] | undefined, string]>([
    [undefined, 'client_secret_basic'],
    [['none', 'client_secret_post'], 'client_secret_post'],
    [['none'], 'none'],
  ])('the method is the best of those on offer: %p', (offered, method) => {
    expect(methodToRegister(offered)).toBe(method);
  });

  test('a server that takes none of our methods is none of ours', () => {
    expect(() => methodToRegister(['private_key_jwt'])).toThrow('no_registration');
  });
});

describe('a registered client', () => {
  const NOW_MS = 1_800_000_000_000;
  const MINUTES = 60_000;
  const of = (ageMinutes: number, leftMinutes?: number): StoredClient => ({
    client: { clientId: 'c', clientSecret: 's' },
    redirectUri: CALLBACK,
    registeredAtMs: NOW_MS - ageMinutes * MINUTES,
    ...(leftMinutes === undefined ? {} : { secretExpiresAtMs: NOW_MS + leftMinutes * MINUTES }),
  });

  test.each<[string, StoredClient | undefined, string]>([
    ['that is not there', undefined, 'unusable'],
    ['without an end', of(1_000_000), 'good'],
    ['a day before its end', of(1, 24 * 60), 'good'],
    ['near its end', of(24 * 60, 14), 'replace'],
    ['in the last tenth of a long life', of(90 * 60, 9 * 60), 'replace'],
    ['with a short life, in its first half', of(1, 9), 'good'],
    ['with a short life, in its second half', of(6, 4), 'replace'],
    ['whose secret has ended', of(10, 0), 'unusable'],
  ])('%s', (_what, stored, condition) => {
    expect(conditionOf(stored, CALLBACK, NOW_MS)).toBe(condition);
  });

  test('of another callback is of another gateway', () => {
    expect(conditionOf(of(1), 'https://auth.example/oauth/callback/other', NOW_MS)).toBe('unusable');
  });
});
