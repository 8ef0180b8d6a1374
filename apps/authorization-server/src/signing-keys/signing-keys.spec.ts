import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { Database } from '@gatehouse/persistence/database';
import { Envelope } from '@gatehouse/sealing/envelope';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { KeyringStore } from './keyring.store.js';
import { newSigningKeyPem, readSigningKey } from './signing-keys.js';

const pem = (
  key: ReturnType<typeof generateKeyPairSync>['privateKey'],
  type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8',
): Secret => new Secret(key.export({ type, format: 'pem' } as { type: 'pkcs8'; format: 'pem' }).toString());

describe('a configured signing key', () => {
  test.each([
    ['EC P-256, SEC 1', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'sec1'), 'ES256'],
    ['EC P-384', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey), 'ES384'],
    ['Ed25519', pem(generateKeyPairSync('ed25519').privateKey), 'EdDSA'],
    ['RSA, PKCS #1', pem(generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey, 'pkcs1'), 'RS256'],
  ])('%s', async (_name, key, alg) => {
    const read = await readSigningKey(key, 0);
    expect(read.alg).toBe(alg);
    expect((await readSigningKey(key, 3)).kid).toBe(read.kid);
    expect(JSON.stringify(read)).not.toContain('"d":');
    expect(Object.keys(read.publicJwk)).not.toContain('d');
  });

  test.each([
    ['a short RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey)],
    ['an encryption key', pem(generateKeyPairSync('x25519').privateKey)],
    ['no PEM at all', new Secret('hunter2')],
  ])('%s is refused without being quoted', async (_name, key) => {
    await expect(readSigningKey(key, 1)).rejects.toThrow(/signingKeys\[1\]/);
    await expect(readSigningKey(key, 1)).rejects.not.toThrow(/hunter2/);
  });
});

describe('the keyring', () => {
  let database: TestDatabase;
  let queries: Database;
  const keys = [{ id: 'k', key: new Secret(randomBytes(32).toString('base64url')) }];

  beforeAll(async () => {
    database = await startTestDatabase('authorization-server');
    queries = new Database(
      { url: database.url, schema: database.schema, applicationName: 'spec' },
      new SilentLog(),
    );
  });

  afterAll(async () => {
    await queries.onApplicationShutdown();
    await database.close();
  });

  test('ten replicas that start at once have one key, and a restart finds it', async () => {
    const replicas = Array.from({ length: 10 }, () => new KeyringStore(queries, new Envelope(keys), 'acme'));
    const found = await Promise.all(
      replicas.map((one) => one.findOrMake('signing', () => Promise.resolve(newSigningKeyPem()))),
    );
    expect(new Set(found.map((key) => key.reveal())).size).toBe(1);
  });

  test('what is stored cannot be read without the key-encryption key, nor by another gateway', async () => {
    const { rows } = await queries.query<{ sealed: Buffer }>({
      name: 'all',
      text: 'select sealed from keyring',
    });
    expect(rows.map(({ sealed }) => sealed.toString('latin1')).join()).not.toContain('PRIVATE KEY');
    const make = () => Promise.resolve(new Secret('new'));
    await expect(
      new KeyringStore(queries, new Envelope(keys), 'other').findOrMake('signing', make),
    ).rejects.toThrow();
  });
});
