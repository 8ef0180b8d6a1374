import { describe, expect, test } from '@jest/globals';
import { keySetProblem, usableKeySet } from './client-keys.js';
import { configuredProofs, registeredProofs } from './client-proofs.js';
import { backchannelLogoutUriProblem, registeredLogoutUriProblem } from './logout-uris.js';

const EC = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
const RSA = { kty: 'RSA', n: 'A'.repeat(342), e: 'AQAB' };
const setOf = (...keys: readonly unknown[]): object => ({ keys });

describe('keys that a client brings', () => {
  test.each([
    ['P-256', EC],
    ['P-384', { ...EC, crv: 'P-384', alg: 'ES384', use: 'sig', kid: 'k'.repeat(256) }],
    ['Ed25519', { kty: 'OKP', crv: 'Ed25519', x: 'x' }],
    ['RSA of 2048 bits', RSA],
    ['RSA of 4096 bits', { ...RSA, n: 'A'.repeat(684) }],
  ])('%s is taken', (_, key) => {
    expect(keySetProblem(setOf(key))).toBeUndefined();
  });

  test.each([
    ['P-521', { ...EC, crv: 'P-521' }],
    ['no curve', { kty: 'EC', x: 'x', y: 'y' }],
    ['Ed25519 called EC', { kty: 'EC', crv: 'Ed25519', x: 'x' }],
    ['X25519, which signs nothing', { kty: 'OKP', crv: 'X25519', x: 'x' }],
    ['a kind of key that is not known', { ...EC, kty: 'AKP' }],
    ['an exponent that is no text', { ...RSA, e: 65_537 }],
    ['no modulus', { kty: 'RSA', e: 'AQAB' }],
    ['RSA of 1024 bits', { ...RSA, n: 'A'.repeat(171) }],
    ['a use that is encryption', { ...EC, use: 'enc' }],
    ['a symmetric algorithm', { ...EC, alg: 'HS256' }],
    ['no algorithm at all', { ...EC, alg: 'none' }],
    ['an id that is no text', { ...EC, kid: 7 }],
    ['an id without end', { ...EC, kid: 'k'.repeat(257) }],
  ])('attack: %s is refused', (_, key) => {
    expect(keySetProblem(setOf(EC, key))).toMatch(/^each key in jwks must be EC \(P-256, P-384\)/);
    // In a set that a client publishes it stands for another purpose, and is left out.
    expect(usableKeySet(setOf(key, EC)).keys).toEqual([EC]);
  });

  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])(
    'attack: a key with the private member %s is refused, and never kept',
    (member) => {
      expect(keySetProblem(setOf({ ...EC, [member]: 'secret' }))).toBe('jwks must contain public keys only');
      expect(usableKeySet(setOf({ ...EC, [member]: 'secret' })).keys).toEqual([]);
    },
  );

  test.each([[null], ['x'], [{}], [setOf()], [{ keys: 'x' }], [setOf(null)], [setOf([EC])], [setOf('x')]])(
    'what is no set of keys is refused: %j',
    (written) => {
      expect(keySetProblem(written)).toBe('jwks must be a JWK Set with at least one key');
    },
  );

  test('a published document that is no set is an error; of a long one the first are taken', () => {
    expect(() => usableKeySet({ keys: {} })).toThrow('no JWK Set');
    expect(keySetProblem(setOf(...Array.from({ length: 21 }, () => EC)))).toMatch(/more than 20 keys/);
    expect(usableKeySet(setOf(...Array.from({ length: 21 }, () => EC))).keys).toHaveLength(20);
  });

  test('whatever stands beside a key is not kept, but the first certificate, which is its own', () => {
    const written = { ...EC, x5c: ['MII', 'MIJ'], x5u: 'https://evil.example' };
    expect(usableKeySet(setOf(written)).keys).toEqual([{ ...EC, x5c: ['MII'] }]);
  });

  test.each<unknown>(['MII', [], [1], [''], ['-----BEGIN'], ['M'.repeat(8_193)]])(
    'what is no certificate is not kept as one: %j',
    (x5c) => {
      expect(usableKeySet(setOf({ ...EC, x5c })).keys).toEqual([EC]);
    },
  );
});

describe('what a client is registered to prove', () => {
  const rules = {
    requestProtection: {
      securityProfile: 'none',
      pushedAuthorizationRequests: 'optional',
      dpop: { boundAccessTokens: 'optional', nonces: 'optional' },
    },
  } as const;

  test('keys and algorithms of a client that signs nothing are left out', () => {
    const asked = {
      jwks: setOf(EC),
      jwks_uri: 'https://keys.example',
      token_endpoint_auth_signing_alg: 'ES256',
      request_object_signing_alg: 'none',
    };
    const proofs = registeredProofs(asked, 'none', rules);
    for (const member of Object.keys(asked)) expect(proofs).not.toHaveProperty(member);
  });

  test.each([
    ['authenticates with them', {}, 'private_key_jwt'],
    ['has to sign its requests', { require_signed_request_object: true }, 'none'],
    ['may sign its requests', { request_object_signing_alg: 'ES256' }, 'client_secret_basic'],
  ])('keys of a client that %s are kept', (_, asked, method) => {
    expect(registeredProofs({ jwks: setOf(EC), ...asked }, method, rules)).toMatchObject({
      jwks: setOf(EC),
      ...asked,
    });
  });

  test('an algorithm for requests that nobody could verify is none', () => {
    const without = registeredProofs({ request_object_signing_alg: 'ES256' }, 'none', rules);
    expect(without).not.toHaveProperty('request_object_signing_alg');
  });

  test('a client of the configuration with keys authenticates with them; one without any is as it was', () => {
    const client = { clientId: 'c', clientName: 'C', redirectUris: [] };
    const nothing = {
      require_pushed_authorization_requests: false,
      require_signed_request_object: false,
      dpop_bound_access_tokens: false,
    };
    expect(configuredProofs(client)).toEqual(nothing);
    expect(configuredProofs({ ...client, jwksUri: 'https://keys.example' })).toEqual({
      ...nothing,
      jwks_uri: 'https://keys.example',
      token_endpoint_auth_method: 'private_key_jwt',
    });
    expect(
      configuredProofs({
        ...client,
        jwks: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }],
        tokenEndpointAuthSigningAlg: 'ES256',
        requirePushedAuthorizationRequests: true,
        requireSignedRequestObject: true,
        dpopBoundAccessTokens: true,
      }),
    ).toEqual({
      jwks: { keys: [{ ...EC, use: 'sig' }] },
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      require_pushed_authorization_requests: true,
      require_signed_request_object: true,
      dpop_bound_access_tokens: true,
    });
  });
});

// OpenID Connect Back-Channel Logout 1.0, section 2.2.
describe('where a client is told that a session has ended', () => {
  test.each([
    [undefined, undefined, undefined],
    ['https://app.example/logout', undefined, undefined],
    // On the machine of whoever wrote the configuration; a stranger's would be anybody's.
    ['http://localhost:8080/logout', undefined, 'backchannel_logout_uri must be https'],
    [
      'com.example.app:/logout',
      'backchannel_logout_uri must be https',
      'backchannel_logout_uri must be https',
    ],
  ])('%s: in the configuration %s, of who registers %s', (uri, configured, registered) => {
    expect(backchannelLogoutUriProblem(uri)).toBe(configured);
    expect(registeredLogoutUriProblem(uri)).toBe(registered);
  });

  test.each([[7], ['not a URI'], ['http://app.example/logout'], ['https://app.example/#part']])(
    'attack: %j is refused of both',
    (uri) => {
      expect(backchannelLogoutUriProblem(uri)).toMatch(/^backchannel_logout_uri /);
      expect(registeredLogoutUriProblem(uri)).toMatch(/^backchannel_logout_uri /);
    },
  );
});
