import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { exportJWK, UnsecuredJWT, SignJWT } from 'jose';
import * as openid from 'openid-client';
import { asserted, authenticates, ClientKey } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/** Clients that authenticate with a key of their own (RFC 7523, RFC 7591). */

let world: ServiceWorld;
let service: TestService;
let key: ClientKey;
let clientId: string;

const registration = (keys: readonly ClientKey[], more: Readonly<Record<string, unknown>> = {}) => ({
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: keys.map(({ publicJwk }) => publicJwk) },
  ...more,
});

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  key = await ClientKey.make();
  clientId = await service.register(registration([key]));
});

// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
const INSECURE = { execute: [openid.allowInsecureRequests] };

test.each(['ES256', 'PS256', 'RS256', 'EdDSA'])(
  'a client that registered a key signs in, refreshes, and signs out, with %s',
  async (alg) => {
    const own = await ClientKey.make(alg);
    const written = JSON.stringify({ redirect_uris: [REDIRECT_URI], ...registration([own]) });
    const metadata = JSON.parse(written) as Partial<openid.ClientMetadata>;
    const client = await openid.dynamicClientRegistration(
      new URL(service.issuer),
      metadata,
      openid.PrivateKeyJwt({ key: own.privateKey, kid: own.publicJwk.kid ?? '' }),
      INSECURE,
    );
    expect(client.clientMetadata()).not.toHaveProperty('client_secret');
    const verifier = openid.randomPKCECodeVerifier();
    const url = openid.buildAuthorizationUrl(client, {
      redirect_uri: REDIRECT_URI,
      scope: 'openid offline_access',
      resource: service.config.resourceUrl,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const parameters = await service.signIn(service.browser(), url.href, `key-${alg}`);
    const tokens = await openid.authorizationCodeGrant(
      client,
      new URL(`${REDIRECT_URI}?${parameters.toString()}`),
      { pkceCodeVerifier: verifier, idTokenExpected: true },
    );
    const renewed = await openid.refreshTokenGrant(client, tokens.refresh_token ?? '');
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token);
    await openid.tokenRevocation(client, renewed.refresh_token ?? '');
    await expect(openid.refreshTokenGrant(client, renewed.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  },
);

test('the metadata says that it is possible, and with what', async () => {
  const document = (await (
    await fetch(`${service.local}/.well-known/oauth-authorization-server`)
  ).json()) as Record<string, unknown>;
  const algorithms = ['PS256', 'ES256', 'Ed25519', 'EdDSA', 'RS256', 'ES384'];
  expect(document).toMatchObject({
    token_endpoint_auth_methods_supported: [
      'none',
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
    ],
    token_endpoint_auth_signing_alg_values_supported: algorithms,
    revocation_endpoint_auth_signing_alg_values_supported: algorithms,
  });
});

describe('an assertion is for the issuer, or the endpoint that it is shown to', () => {
  test.each([
    ['the issuer', () => service.issuer],
    ['the token endpoint', () => `${service.issuer}/oauth/token`],
    ['the issuer alone in a list', () => [service.issuer]],
  ])('%s', async (_what, audience) => {
    expect(await authenticates(service, asserted(await key.assertion(clientId, audience())))).toBe(true);
  });
});

const now = (ahead: number): number => Math.floor(Date.now() / 1_000) + ahead;

describe('an attack with an assertion', () => {
  test.each<[string, () => Promise<string>]>([
    ['one that was made for another server', () => key.assertion(clientId, 'https://other.example')],
    [
      'one that another server can use as well',
      () => key.assertion(clientId, [service.issuer, 'https://other.example']),
    ],
    ['one for nobody', () => key.assertion(clientId, undefined)],
    ['one that has expired', () => key.assertion(clientId, service.issuer, { exp: now(-120) })],
    ['one that never expires', () => key.assertion(clientId, service.issuer, { exp: undefined })],
    ['one that is good for a day', () => key.assertion(clientId, service.issuer, { exp: now(86_400) })],
    ['one that could be used again', () => key.assertion(clientId, service.issuer, { jti: undefined })],
    [
      'one of another issuer',
      () => key.assertion(clientId, service.issuer, { iss: 'https://other.example' }),
    ],
    ['one that is not good yet', () => key.assertion(clientId, service.issuer, { nbf: now(600) })],
    [
      'a request object that its client signed',
      () => key.assertion(clientId, service.issuer, {}, { typ: 'oauth-authz-req+jwt' }),
    ],
    [
      'one that is signed by somebody else, under the same key id',
      async () => {
        const other = await ClientKey.make();
        return await other.assertion(clientId, service.issuer, {}, { kid: key.publicJwk.kid });
      },
    ],
    [
      'one of another client about this one',
      async () => {
        const other = await ClientKey.make();
        await service.register(registration([other]));
        return await other.assertion(clientId, service.issuer);
      },
    ],
    [
      'one that nobody signed',
      async () =>
        await Promise.resolve(
          new UnsecuredJWT({
            iss: clientId,
            sub: clientId,
            aud: service.issuer,
            jti: 'x',
            exp: now(60),
          }).encode(),
        ),
    ],
    [
      'one that is signed with the public key as a secret (algorithm confusion)',
      async () => {
        const secret = Buffer.from(JSON.stringify(await exportJWK(key.publicKey)));
        return await new SignJWT({
          iss: clientId,
          sub: clientId,
          aud: service.issuer,
          jti: 'x',
          exp: now(60),
        })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(secret);
      },
    ],
  ])('%s is refused', async (_attack, make) => {
    expect(await authenticates(service, asserted(await make()))).toBe(false);
  });

  test('an assertion that was used is refused, also by another replica', async () => {
    const another = await world.startAnother({ issuer: service.issuer });
    const used = asserted(await key.assertion(clientId, service.issuer));
    expect(await authenticates(service, used)).toBe(true);
    expect(await authenticates(service, used)).toBe(false);
    expect(await authenticates(another, used)).toBe(false);
    await another.close();
  });

  test('one assertion at two replicas at the same moment: one of twenty is taken', async () => {
    const another = await world.startAnother({ issuer: service.issuer });
    const used = asserted(await key.assertion(clientId, service.issuer));
    const taken = await Promise.all(
      Array.from({ length: 20 }, async (_, count) =>
        authenticates(count % 2 === 0 ? service : another, used),
      ),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
    await another.close();
  });

  test('two clients may use one jti: whoever guesses it keeps nobody out', async () => {
    const other = await ClientKey.make();
    const otherId = await service.register(registration([other]));
    const jti = randomUUID();
    expect(
      await authenticates(service, asserted(await other.assertion(otherId, service.issuer, { jti }))),
    ).toBe(true);
    expect(
      await authenticates(service, asserted(await key.assertion(clientId, service.issuer, { jti }))),
    ).toBe(true);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['its id alone', {}],
    ['a secret', { client_secret: 'a-secret-that-it-does-not-have-0123456789' }],
  ])('a client that registered a key is not believed for %s', async (_what, fields) => {
    expect(await authenticates(service, { client_id: clientId, ...fields })).toBe(false);
  });

  test('a client that registered another algorithm for its assertions is not taken with this one', async () => {
    const rsa = await ClientKey.make('RS256');
    const pinned = await service.register(registration([rsa], { token_endpoint_auth_signing_alg: 'PS256' }));
    expect(await authenticates(service, asserted(await rsa.assertion(pinned, service.issuer)))).toBe(false);
  });
});

describe('a registration is refused that', () => {
  const refused = async (change: Readonly<Record<string, unknown>>): Promise<unknown> =>
    await service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      ...registration([key]),
      ...change,
    });
  test.each<[string, () => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>]>([
    ['brings no key', () => ({ jwks: undefined })],
    ['brings an empty set', () => ({ jwks: { keys: [] } })],
    ['brings something else', () => ({ jwks: 'x' })],
    ['brings a private key', async () => ({ jwks: { keys: [await exportJWK(key.privateKey)] } })],
    ['brings a secret as a key', () => ({ jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } })],
    ['brings more keys than anybody has', () => ({ jwks: { keys: Array(21).fill(key.publicJwk) } })],
    [
      'brings an RSA key that is too short',
      () => ({ jwks: { keys: [{ kty: 'RSA', n: 'A'.repeat(171), e: 'AQAB' }] } }),
    ],
    [
      'brings an RSA key that takes seconds to verify with',
      () => ({ jwks: { keys: [{ kty: 'RSA', n: 'A'.repeat(2_731), e: 'AQAB' }] } }),
    ],
    [
      'brings an RSA key with an exponent as long as its modulus',
      () => ({ jwks: { keys: [{ kty: 'RSA', n: 'A'.repeat(342), e: 'A'.repeat(342) }] } }),
    ],
    ['has its keys here and elsewhere', () => ({ jwks_uri: 'https://keys.example/jwks' })],
    ['has its keys behind http', () => ({ jwks: undefined, jwks_uri: 'http://keys.example/jwks' })],
    ['has its keys in a file', () => ({ jwks: undefined, jwks_uri: 'file:///etc/passwd' })],
    [
      'has a password in its jwks_uri',
      () => ({ jwks: undefined, jwks_uri: 'https://a:b@keys.example/jwks' }),
    ],
    ['signs with a secret', () => ({ token_endpoint_auth_signing_alg: 'HS256' })],
    ['does not sign', () => ({ token_endpoint_auth_signing_alg: 'none' })],
  ])('%s', async (_what, change) => {
    expect(await refused(await change())).toMatchObject({ error: 'invalid_client_metadata' });
  });

  test('keys of a client that signs nothing are not kept: nothing is fetched for it', async () => {
    const answer = await service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'none',
      jwks_uri: 'https://keys.example/jwks',
    });
    expect(answer).toMatchObject({ token_endpoint_auth_method: 'none' });
    expect(answer).not.toHaveProperty('jwks_uri');
  });
});

test('a client of the configuration authenticates with its keys', async () => {
  const client = { clientId: 'desk', clientName: 'Desk', redirectUris: [REDIRECT_URI] };
  const { kty, crv, x, y, kid } = key.publicJwk;
  const jwk = { kty, ...(kid && { kid }), ...(crv && { crv }), ...(x && { x }), ...(y && { y }) };
  const another = await world.startAnother({
    clientRegistration: { ...service.config.clientRegistration, clients: [{ ...client, jwks: [jwk] }] },
  });
  expect(await authenticates(another, asserted(await key.assertion('desk', another.issuer)))).toBe(true);
  const stranger = await ClientKey.make();
  expect(await authenticates(another, asserted(await stranger.assertion('desk', another.issuer)))).toBe(
    false,
  );
  expect(await authenticates(another, { client_id: 'desk' })).toBe(false);
  await another.close();
});
