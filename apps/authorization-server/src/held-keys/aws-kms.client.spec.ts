import { generateKeyPairSync } from 'node:crypto';
import type { AwsKms } from '@gatehouse/config/model/held-keys';
import { Secret } from '@gatehouse/kernel/secret';
import { KmsEndpoint } from '@gatehouse/testing/kms-endpoint';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { importJWK, jwtVerify } from 'jose';
import { heldSigningKey } from '../signing-keys/held-signing-key.js';
import { signedJwt } from '../signing-keys/signed-jwt.js';
import { HeldKeys } from './held-keys.client.js';

const kms = new KmsEndpoint();
const arn = (name: string): string => `arn:aws:kms:eu-central-1:111122223333:alias/${name}`;

beforeAll(async () => await kms.start());
beforeEach(() => {
  kms.instead = undefined;
  kms.bend = undefined;
  kms.requests.length = 0;
});
afterAll(async () => await kms.stop());

const configured = (more: Partial<AwsKms<Secret>> = {}): HeldKeys => {
  const { accessKeyId, secretAccessKey, sessionToken } = kms.credentials;
  return new HeldKeys({
    awsKms: {
      ...{ endpoint: kms.origin, allowPrivateIps: true, insecureAllowHttp: true, timeoutMs: 60_000 },
      accessKeyId: new Secret(accessKeyId),
      secretAccessKey: new Secret(secretAccessKey),
      sessionToken: new Secret(sessionToken),
      ...more,
    },
  });
};

const signer = async (name: string, held = configured()) =>
  await heldSigningKey(held.key({ holder: 'awsKms', name: arn(name), region: 'eu-central-1' }), 'a key');

const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

describe('keys of AWS KMS', () => {
  test.each([
    ['ES256', ec],
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey],
  ] as const)('sign tokens of %s; each request is signed as AWS wants it', async (alg, make) => {
    kms.keys.set(arn(alg), make());
    const key = await signer(alg);
    const published = await importJWK(key.jwk);
    for (let number = 0; number < 20; number += 1)
      await expect(
        jwtVerify(await signedJwt(key, 'at+jwt', { number }), published, { algorithms: [alg] }),
      ).resolves.toBeDefined();
  });

  test('attack: who runs the service, or reads what it is sent, learns nothing of a token but a digest', async () => {
    kms.keys.set(arn('digests'), ec());
    const key = await signer('digests');
    await signedJwt(key, 'at+jwt', { sub: 'alice', much: 'x'.repeat(8_000) });
    const signs = kms.requests.filter(({ operation }) => operation === 'Sign');
    expect(signs.length).toBeGreaterThan(0);
    for (const { input } of signs) {
      expect(input.MessageType).toBe('DIGEST');
      expect(Buffer.from(input.Message ?? '', 'base64')).toHaveLength(32);
    }
  });

  test('attack: a name that another key has taken since signs nothing that leaves', async () => {
    kms.keys.set(arn('taken'), ec());
    const key = await signer('taken');
    kms.keys.set(arn('taken'), ec());
    await expect(key.sign(Buffer.from('x'))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(key.sign(Buffer.from('x'))).rejects.toThrow(/does not verify/);
  });

  test('attack: a signature that is bent on its way leaves in no token', async () => {
    kms.keys.set(arn('bent'), ec());
    const key = await signer('bent');
    for (const bend of [
      (made: Buffer) => made.subarray(0, 20),
      (made: Buffer) => Buffer.concat([made, Buffer.alloc(1)]),
      () => Buffer.alloc(0),
      () => Buffer.from('3006020101020101', 'hex'),
    ]) {
      kms.bend = bend;
      await expect(key.sign(Buffer.from('x'))).rejects.toMatchObject({ code: 'unavailable' });
    }
  });

  test('that are refused say how AWS calls it, and nothing of the credentials', async () => {
    kms.keys.set(arn('refused'), ec());
    const key = await signer('refused');
    for (const name of ['ThrottlingException', 'KMSInvalidStateException', 'DisabledException']) {
      kms.instead = [400, name];
      await expect(key.sign(Buffer.from('x'))).rejects.toThrow(new RegExp(name));
    }
    kms.instead = undefined;
    await expect(key.sign(Buffer.from('x'))).resolves.toBeDefined();
    const wrong = 'another-secret-that-is-long-enough';
    const failure = signer('refused', configured({ secretAccessKey: new Secret(wrong) }));
    await expect(failure).rejects.toThrow(/SignatureDoesNotMatch/);
    await expect(failure).rejects.not.toThrow(new RegExp(wrong));
  });

  test('that are away make requests fail, and sign again when they are back', async () => {
    kms.keys.set(arn('away'), ec());
    const key = await signer('away');
    await kms.stop();
    await expect(key.sign(Buffer.from('x'))).rejects.toMatchObject({ code: 'unavailable' });
    await kms.start();
    await expect(key.sign(Buffer.from('x'))).resolves.toBeDefined();
  });
});
