import { describe, expect, jest, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { until } from '@gatehouse/testing/until';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { signingKeys } from './signing-keys.client.js';
import { TokenVerifier } from './token-verifier.js';

const AUDIENCE = 'https://gateway.example/mcp';
const EXPECTED = { issuer: 'https://issuer.example', typ: 'at+jwt', clockToleranceSeconds: 0 };
const MINUTE_MS = 60_000;

/** An authorization server with its keys, and a proxy that verifies its tokens. */
async function issuer() {
  const server = { kids: ['old'], away: false, nowMs: 0, asked: 0 };
  const pairs = new Map<string, { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey }>();
  for (const kid of ['old', 'new']) pairs.set(kid, await generateKeyPair('ES256', { extractable: true }));
  const ask = jest.fn(async () => {
    server.asked += 1;
    if (server.away) throw new GatehouseError('unavailable');
    const keys = server.kids.map(async (kid) => ({
      ...(await exportJWK(pairs.get(kid)?.publicKey as CryptoKey)),
      ...{ kid, kty: 'EC', alg: 'ES256' },
    }));
    return { keys: await Promise.all(keys) };
  });
  const options = { paceMs: 0, freshForMs: MINUTE_MS, nowMs: () => server.nowMs };
  const { getKey, isGone } = signingKeys({ ask } as never, options);
  const verifier = new TokenVerifier(getKey, EXPECTED, Date.now, isGone);
  const token = async (kid: string, header: { readonly kid?: string } = { kid }): Promise<string> =>
    await new SignJWT({ iss: EXPECTED.issuer, aud: AUDIENCE, sub: 'a', client_id: 'c', scope: '' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header })
      .setIssuedAt()
      .setJti('one')
      .setExpirationTime('10 years')
      .sign(pairs.get(kid)?.privateKey as CryptoKey);
  const verified = async (one: string): Promise<string> =>
    await Promise.resolve(verifier.verify(one, AUDIENCE)).then(
      () => 'taken',
      (error: unknown) => (error instanceof GatehouseError ? error.code : 'failed'),
    );
  return { server, token, verified, verifier };
}

describe('a key that the issuer withdrew', () => {
  test('attack: a token that was verified before, and ends in ten years, is refused a minute later', async () => {
    const { server, token, verified, verifier } = await issuer();
    const forged = await token('old');
    expect(await verified(forged)).toBe('taken');
    server.kids = ['new'];
    expect(verifier.verify(forged, AUDIENCE)).not.toBeInstanceOf(Promise);
    server.nowMs += MINUTE_MS;
    await until(async () => (await verified(forged)) === 'token_invalid');
    expect(await verified(await token('new'))).toBe('taken');
  });

  test('attack: nor is it taken when it does not say which key signed it', async () => {
    const { server, token, verified } = await issuer();
    const forged = await token('old', {});
    expect(await verified(forged)).toBe('taken');
    expect(await verified(forged)).toBe('taken');
    server.kids = ['new'];
    server.nowMs += MINUTE_MS;
    expect(await verified(forged)).toBe('token_invalid');
    expect(await verified(await token('new', {}))).toBe('taken');
  });

  test('nobody waits for the look, and tokens of keys that stay go on, also when nobody can say', async () => {
    const { server, token, verified, verifier } = await issuer();
    const good = await token('old');
    expect(await verified(good)).toBe('taken');
    const asked = server.asked;
    server.nowMs += MINUTE_MS;
    server.away = true;
    for (let call = 0; call < 100; call += 1)
      expect(verifier.verify(good, AUDIENCE)).not.toBeInstanceOf(Promise);
    await until(() => server.asked > asked);
    expect(verifier.verify(good, AUDIENCE)).not.toBeInstanceOf(Promise);
    // One look for all of them.
    expect(server.asked).toBe(asked + 1);
  });

  test('the next key is known before it signs: no call waits for it', async () => {
    const { server, token, verified } = await issuer();
    expect(await verified(await token('old'))).toBe('taken');
    server.kids = ['old', 'new'];
    server.nowMs += MINUTE_MS;
    expect(await verified(await token('old'))).toBe('taken');
    const asked = server.asked;
    expect(await verified(await token('new'))).toBe('taken');
    expect(server.asked).toBe(asked);
  });
});
