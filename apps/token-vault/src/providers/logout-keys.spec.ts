import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { logoutClaims, logoutTokenOf } from '../testing/logout-tokens.js';
import { send, StubProvider } from '../testing/stub-provider.js';
import { oidcProvider } from '../testing/vault-config.js';
import { LogoutKeys } from './logout-keys.client.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import type { Provider } from './provider-registry.js';

let stub: StubProvider;
let nowMs: number;
let keys: LogoutKeys;
let provider: Provider;
let fetched: number;

beforeEach(async () => {
  stub = await new StubProvider().start();
  nowMs = 1_800_000_000_000;
  fetched = 0;
  stub.misbehave.set('jwks', () => {
    fetched += 1;
    return 'as-usual';
  });
  const clock = { nowMs: () => nowMs };
  const log = new SilentLog();
  keys = new LogoutKeys(new ProviderMetadataClient(clock, log), log, clock);
  provider = oidcProvider('acme', stub.issuer);
});

afterEach(() => stub.stop());

const good = async () => await logoutTokenOf(stub, { sub: 'alice' });

/** Signed with a text that everybody or many know. */
const bySecret = async (secret: string): Promise<string> =>
  await new SignJWT(logoutClaims({ iss: stub.issuer, aud: 'gatehouse', sub: 'alice' }))
    .setProtectedHeader({ alg: 'HS256', typ: 'logout+jwt' })
    .sign(new TextEncoder().encode(secret));

describe('a key of the provider has to have signed it', () => {
  test('and did', async () => {
    expect(await keys.signed(provider, await good(), 'ES256')).toBe(true);
  });

  test('also under the name of another one, as some providers write', async () => {
    stub.namesKey = 'an-older-one';
    expect(await keys.signed(provider, await good(), 'ES256')).toBe(true);
  });

  test.each([
    ['no signature (alg none)', 'none', () => new UnsecuredJWT(logoutClaims({ sub: 'alice' })).encode()],
    ['the client secret, which is for other providers', 'HS256', async () => await bySecret('stub-secret')],
    [
      'its public key as a secret (algorithm confusion)',
      'HS256',
      async () => await bySecret(JSON.stringify(stub.publicKey)),
    ],
  ])('%s is none', async (_what, alg, made) => {
    expect(await keys.signed(provider, await made(), alg)).toBe(false);
    expect(fetched).toBe(0);
  });

  test('the header is not believed: what it calls its algorithm has to be the one that fits', async () => {
    const [header = '', payload = '', signature = ''] = (await good()).split('.');
    const parsed = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
    const other = Buffer.from(JSON.stringify({ ...parsed, alg: 'ES384' })).toString('base64url');
    expect(await keys.signed(provider, `${other}.${payload}.${signature}`, 'ES384')).toBe(false);
  });

  test('an algorithm that its id_tokens do not have is refused, whatever key it fits', async () => {
    stub.misbehave.set('discovery', (_request, response) =>
      send(response, 200, {
        issuer: stub.issuer,
        authorization_endpoint: `${stub.issuer}/authorize`,
        token_endpoint: `${stub.issuer}/token`,
        jwks_uri: `${stub.issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      }),
    );
    expect(await keys.signed(provider, await good(), 'ES256')).toBe(false);
  });

  test('another provider signs nothing for this one', async () => {
    const other = await new StubProvider().start();
    try {
      const forged = await logoutTokenOf(other, { iss: stub.issuer, sub: 'alice' });
      expect(await keys.signed(provider, forged, 'ES256')).toBe(false);
    } finally {
      await other.stop();
    }
  });

  test('a provider that signs by the client secret (HS256) is taken by its word', async () => {
    const bySecretOnly: Provider = {
      ...provider,
      clientSecret: new Secret('stub-secret'),
      protocol: { type: 'oidc', issuer: stub.issuer, subjectClaim: 'sub', idTokenSignedWith: 'clientSecret' },
    };
    expect(await keys.signed(bySecretOnly, await bySecret('stub-secret'), 'HS256')).toBe(true);
    expect(await keys.signed(bySecretOnly, await bySecret('another'), 'HS256')).toBe(false);
    expect(await keys.signed(bySecretOnly, await good(), 'ES256')).toBe(false);
    expect(fetched).toBe(0);
  });
});

describe('the provider is asked for its keys', () => {
  test('once, however many forged tokens a stranger sends', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const forged = await new SignJWT(logoutClaims({ iss: stub.issuer, sub: 'alice' }))
      .setProtectedHeader({ alg: 'ES256', kid: 'mine' })
      .sign(privateKey);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async () => await keys.signed(provider, forged, 'ES256')),
    );
    expect([outcomes.some(Boolean), fetched]).toEqual([false, 1]);
    nowMs += 60_000;
    await Promise.all(Array.from({ length: 200 }, async () => await keys.signed(provider, forged, 'ES256')));
    expect(fetched).toBe(2);
  });

  test('again when none fits, so that a new key is known within a minute', async () => {
    expect(await keys.signed(provider, await good(), 'ES256')).toBe(true);
    await stub.changeKey();
    expect(await keys.signed(provider, await good(), 'ES256')).toBe(false);
    nowMs += 60_000;
    expect(await keys.signed(provider, await good(), 'ES256')).toBe(true);
    expect(fetched).toBe(2);
  });

  test('after five minutes in any case: a key that was withdrawn is good for nothing any more', async () => {
    const before = await good();
    expect(await keys.signed(provider, before, 'ES256')).toBe(true);
    await stub.changeKey();
    nowMs += 5 * 60_000;
    expect(await keys.signed(provider, before, 'ES256')).toBe(false);
  });

  test('no more often while it fails; its last keys are used for an hour', async () => {
    const token = await good();
    expect(await keys.signed(provider, token, 'ES256')).toBe(true);
    stub.misbehave.set('jwks', (_request, response) => {
      fetched += 1;
      response.writeHead(503).end();
    });
    nowMs += 6 * 60_000;
    for (let n = 0; n < 20; n += 1) expect(await keys.signed(provider, token, 'ES256')).toBe(true);
    expect(fetched).toBe(2);
    nowMs += 60 * 60_000;
    await expect(keys.signed(provider, token, 'ES256')).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
  });

  test('in vain when none fits: then nobody knows whether the token is forged, and it can be sent again', async () => {
    expect(await keys.signed(provider, await good(), 'ES256')).toBe(true);
    await stub.changeKey();
    stub.misbehave.set('jwks', (_request, response) => void response.writeHead(503).end());
    nowMs += 60_000;
    await expect(keys.signed(provider, await good(), 'ES256')).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    stub.misbehave.delete('jwks');
    nowMs += 10_000;
    expect(await keys.signed(provider, await good(), 'ES256')).toBe(true);
  });
});
