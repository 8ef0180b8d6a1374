import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { Database } from '@gatehouse/persistence/database';
import { Envelope } from '@gatehouse/sealing/envelope';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { Metrics } from '@gatehouse/observability/metrics';
import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { importJWK, jwtVerify } from 'jose';
import { KeyringStore } from './keyring.store.js';
import { signedJwt } from './signed-jwt.js';
import { readSigningKey } from './signing-key.js';

const setAside = () => new SetAsideRows(new Metrics(), new SilentLog());

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
    const read = await readSigningKey(key, 'signingKeys[0]');
    expect(read.alg).toBe(alg);
    expect((await readSigningKey(key, 'signingKeys[3]')).kid).toBe(read.kid);
    expect(JSON.stringify(read)).not.toContain('"d":');
    expect(Object.keys(read.jwk)).not.toContain('d');
    // Whoever verifies uses somebody else's code.
    const token = await signedJwt(read, 'JWT', { sub: 'x' });
    const { protectedHeader } = await jwtVerify(token, await importJWK(read.jwk, alg));
    expect(protectedHeader).toEqual({ alg, kid: read.kid, typ: 'JWT' });
  });

  test.each([
    ['a short RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey)],
    ['an encryption key', pem(generateKeyPairSync('x25519').privateKey)],
    ['no PEM at all', new Secret('hunter2')],
  ])('%s is refused without being quoted', async (_name, key) => {
    await expect(readSigningKey(key, 'signingKeys[1]')).rejects.toThrow(/signingKeys\[1\]/);
    await expect(readSigningKey(key, 'signingKeys[1]')).rejects.not.toThrow(/hunter2/);
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
    const replicas = Array.from(
      { length: 10 },
      () => new KeyringStore(queries, new Envelope(keys), 'acme', setAside()),
    );
    const make = () => Promise.resolve(new Secret(randomBytes(32).toString('base64url')));
    const found = await Promise.all(replicas.map((one) => one.findOrMake('first', make)));
    expect(new Set(found.map((key) => key.reveal())).size).toBe(1);
  });

  test('what is stored cannot be read without the key-encryption key, nor by another gateway', async () => {
    const { rows } = await queries.query<{ sealed: Buffer }>({
      name: 'all',
      text: 'select sealed from keyring',
    });
    expect(rows).toHaveLength(1);
    for (const { sealed } of rows)
      expect(() =>
        new Envelope(keys).open(sealed, ['other', 'authorization-server', 'keyring', 'first']),
      ).toThrow();
  });

  test('a key whose key-encryption key is lost keeps no replica down, and comes back with it', async () => {
    const [ours, lost] = [keys, [{ id: 'other', key: new Secret(randomBytes(32).toString('base64url')) }]];
    const metrics = new Metrics();
    const setAsideRows = new SetAsideRows(metrics, new SilentLog());
    const keyring = (one: typeof ours) => new KeyringStore(queries, new Envelope(one), 'acme', setAsideRows);
    let made = 0;
    const make = () => Promise.resolve(new Secret(`key ${(made += 1)}`));
    const before = await keyring(ours).findOrMake('cookie', make);
    const replicas = Array.from({ length: 5 }, () => keyring(lost).findOrMake('cookie', make));
    const found = new Set((await Promise.all(replicas)).map((key) => key.reveal()));
    expect([...found]).toEqual(['key 2']);
    expect(await metrics.render()).toContain('gatehouse_sealed_rows_set_aside_total{kind="keyring"} 1');
    expect((await keyring(lost).findOrMake('cookie', make)).reveal()).toBe('key 2');
    // Nothing was thrown away: with its key-encryption key the first one signs again, and so does the second.
    expect((await keyring([...ours, ...lost]).findOrMake('cookie', make)).reveal()).toBe('key 2');
    expect((await keyring(ours).findOrMake('cookie', make)).reveal()).toBe(before.reveal());
    expect((await keyring(lost).findOrMake('cookie', make)).reveal()).toBe('key 2');
    expect(made).toBe(2);
  });
});
