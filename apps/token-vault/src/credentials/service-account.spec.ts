import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { GoogleServiceAccount } from '@gatehouse/config/model/google-service-account';
import { Secret } from '@gatehouse/kernel/secret';
import { jwtVerify } from 'jose';
import { serviceAccountAssertion } from './service-account.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const TOKEN_URL = 'https://oauth2.example/token';
const EMAIL = 'reader@acme.iam.gserviceaccount.com';

// The configuration takes them, so the vault must, too.
test.each([
  ['PKCS#8', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ['PKCS#1', privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
  ['PKCS#8 behind text', `Bag Attributes\n${privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()}`],
])('a key as %s signs', async (_form, pem) => {
  const file = { type: 'service_account', client_email: EMAIL, private_key_id: 'k1', private_key: pem };
  const account = {
    serviceAccountKey: new Secret(JSON.stringify(file)),
    tokenUrl: TOKEN_URL,
    scopes: ['read'],
  } as unknown as GoogleServiceAccount<Secret>;
  const assertion = await serviceAccountAssertion(account, Date.now());
  const { payload } = await jwtVerify(assertion, publicKey, { issuer: EMAIL, audience: TOKEN_URL });
  expect(payload['scope']).toBe('read');
});
