import { expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { idTokenOfSecret, newSigner } from '../testing/stub-signer.js';
import { keysAsNamed } from './named-keys.js';

// OpenID Connect Core, section 10.1.
test('the key that signed gets the name that the id_token gives', async () => {
  const [old, current] = [await newSigner('old'), await newSigner('current')];
  const idToken = await current.sign({}, 'old');
  expect(await keysAsNamed(idToken, [old.jwk, current.jwk])).toEqual([{ ...current.jwk, kid: 'old' }]);
  expect(await keysAsNamed(idToken, [current.jwk])).toEqual([{ ...current.jwk, kid: 'old' }]);
});

test('one that names no key is found by its signature', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const idToken = await new SignJWT({}).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
  const key = { ...(await exportJWK(publicKey)), kid: 'a' };
  expect(await keysAsNamed(idToken, [(await newSigner('b')).jwk, key])).toEqual([key]);
});

test('none counts that somebody else signed (forged id_token), whatever it names', async () => {
  const [published, forger] = [await newSigner('published'), await newSigner('forger')];
  for (const name of ['published', 'forger', 'other'])
    expect(await keysAsNamed(await forger.sign({}, name), [published.jwk])).toBeUndefined();
});

test('a public key is no secret (algorithm confusion), and a key for encryption signs nothing', async () => {
  const { jwk, sign } = await newSigner('published');
  const confused = await idTokenOfSecret({}, JSON.stringify(jwk));
  expect(await keysAsNamed(confused, [jwk, { kty: 'oct', k: 'c2VjcmV0' }])).toBeUndefined();
  expect(await keysAsNamed(await sign({}), [{ ...jwk, use: 'enc' }])).toBeUndefined();
});

test.each([undefined, 7, '', 'a.b', 'eyJhbGciOiJub25lIn0.e30.', '!.!.!'])(
  '%p has no key',
  async (idToken) => {
    expect(await keysAsNamed(idToken, [(await newSigner()).jwk])).toBeUndefined();
  },
);
