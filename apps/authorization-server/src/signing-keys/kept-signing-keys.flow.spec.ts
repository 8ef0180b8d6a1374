import { randomBytes } from 'node:crypto';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { Secret } from '@gatehouse/kernel/secret';
import { Metrics } from '@gatehouse/observability/metrics';
import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { Database } from '@gatehouse/persistence/database';
import { Expiry } from '@gatehouse/persistence/expiry';
import { Envelope } from '@gatehouse/sealing/envelope';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { jwtVerify } from 'jose';
import { HeldKeys } from '../held-keys/held-keys.client.js';
import { KeptSigningKeys } from './kept-signing-keys.flow.js';
import { KeyringStore } from './keyring.store.js';
import { loadSigningKeys } from './load-signing-keys.flow.js';
import { PUBLISHED_BEFORE_MS } from './rotation-plan.js';
import { SealedSigningKeys } from './sealed-signing-keys.js';
import { signedJwt } from './signed-jwt.js';
import { OWN_ALGORITHMS, readSigningKey } from './signing-key.js';
import { SigningKeyStore } from './signing-key.store.js';
import { SigningKeys } from './signing-keys.js';

const LIFESPAN_MS = 15 * MINUTE_MS;
const SESSION_MS = 30 * DAY_MS;
const KEY = { id: 'k', key: new Secret(randomBytes(32).toString('base64url')) };

let database: TestDatabase;
let queries: Database;
let expiry: Expiry;
let metrics: Metrics;
let setAside: SetAsideRows;

beforeAll(async () => {
  database = await startTestDatabase('authorization-server');
  const { url, schema } = database;
  queries = new Database({ url, schema, applicationName: 'spec' }, new SilentLog());
});
afterAll(async () => {
  await queries.onApplicationShutdown();
  await database.close();
});
beforeEach(async () => {
  metrics = new Metrics();
  setAside = new SetAsideRows(metrics, new SilentLog());
  expiry = new Expiry({ make: () => Promise.resolve() } as never);
  await run('delete from signing_keys');
  await run('delete from keyring');
});

let statements = 0;
const run = async <Row extends object>(text: string, values: readonly unknown[] = []) =>
  (await queries.query<Row>({ name: `spec-${(statements += 1)}`, text, values })).rows;

/** One of several replicas on the database. */
function replica(keys = [KEY], changed: Readonly<Record<string, unknown>> = {}): KeptSigningKeys {
  const envelope = new Envelope(keys);
  const config = {
    tokenLifespans: { accessTokenLifespanMs: LIFESPAN_MS, sessionLifespanMs: SESSION_MS },
    clientRegistration: { clients: [] },
    ...changed,
  };
  return new KeptSigningKeys(
    new SigningKeyStore(queries, expiry),
    new SealedSigningKeys(envelope, setAside, { name: 'acme' }),
    new KeyringStore(queries, envelope, 'acme', setAside),
    new SilentLog(),
    config as never,
  );
}

const keysOf = async (kept: KeptSigningKeys): Promise<SigningKeys> => {
  const { keys, algorithms } = await loadSigningKeys([], kept, new HeldKeys({}));
  return new SigningKeys(keys, algorithms);
};
const published = ({ publishedJwks }: SigningKeys): readonly string[] => publishedJwks.map(({ kid }) => kid);
const ask = async () =>
  await run('update signing_keys set rotation_asked_at = now() where signs_until is null');
/** So much time has passed. */
const pass = async (durationMs: number) =>
  await run(
    `update signing_keys set created_at = created_at - $1 * interval '1 ms', signs_from = signs_from - $1 * interval '1 ms',
       signs_until = signs_until - $1 * interval '1 ms'`,
    [durationMs],
  );

describe('signing keys that the server makes', () => {
  test('ten replicas that start at once have the same, one for each algorithm, and a restart finds them', async () => {
    const found = await Promise.all(Array.from({ length: 10 }, async () => await keysOf(replica())));
    expect(new Set(found.map((keys) => published(keys).join())).size).toBe(1);
    expect(found[0]?.algorithms).toEqual(['ES256', 'RS256']);
    expect(published(await keysOf(replica()))).toEqual(published(found[0] as SigningKeys));
  });

  test('ten replicas that find that a key is to be followed make one, and it is published long before it signs', async () => {
    const before = await keysOf(replica());
    await ask();
    const found = await Promise.all(Array.from({ length: 10 }, async () => await keysOf(replica())));
    const [first = ''] = new Set(found.map((keys) => published(keys).join()));
    expect(new Set(found.map((keys) => published(keys).join()))).toEqual(new Set([first]));
    const [ec, rsa, ...next] = first.split(',');
    expect([ec, rsa]).toEqual(published(before));
    expect(next).toHaveLength(2);
    expect(found.map(({ signing }) => signing.kid)).toEqual(found.map(() => before.signing.kid));
    // A minute before its time it does not sign, nor is anything good that it signed.
    await pass(PUBLISHED_BEFORE_MS - 5 * MINUTE_MS);
    const soon = await keysOf(replica());
    expect(soon.signing.kid).toBe(before.signing.kid);
    expect(soon.goodJwks.map(({ kid }) => kid)).toEqual([ec, rsa]);
    await pass(5 * MINUTE_MS);
    const after = await keysOf(replica());
    expect(next).toContain(after.signing.kid);
    expect(after.signerOf('RS256').kid).not.toBe(rsa);
    const [signs, signsRsa, ...former] = published(after);
    expect([signs, signsRsa]).toEqual([after.signing.kid, after.signerOf('RS256').kid]);
    expect(new Set(former)).toEqual(new Set([ec, rsa]));
    expect(after.goodJwks).toHaveLength(4);
  });

  test('a replica that cannot look changes to the next key at the same moment as the others', async () => {
    let nowMs = 0;
    await keysOf(replica());
    await ask();
    const kept = replica();
    await kept.look();
    const { keys, algorithms } = await loadSigningKeys([], kept, new HeldKeys({}));
    nowMs = performance.now();
    const alone = new SigningKeys(keys, algorithms, () => nowMs);
    const old = alone.signing.kid;
    nowMs += PUBLISHED_BEFORE_MS + MINUTE_MS;
    const next = alone.signing.kid;
    expect(next).not.toBe(old);
    expect(published(alone)).toContain(old);
    await pass(PUBLISHED_BEFORE_MS);
    expect((await keysOf(replica())).signing.kid).toBe(next);
    nowMs += LIFESPAN_MS + 10 * MINUTE_MS;
    expect(published(alone)).not.toContain(old);
  });

  test('a key that signs no more is published until the last of its tokens has ended, and known for as long as a session', async () => {
    const before = await keysOf(replica());
    const old = before.signing;
    const token = await signedJwt(old, 'JWT', { sub: 'somebody' });
    await ask();
    await replica().look();
    await pass(PUBLISHED_BEFORE_MS + LIFESPAN_MS + 5 * MINUTE_MS);
    const late = await keysOf(replica());
    expect(published(late)).toContain(old.kid);
    await expect(jwtVerify(token, late.ofGood)).resolves.toBeDefined();
    await pass(2 * MINUTE_MS);
    const over = await keysOf(replica());
    expect(published(over)).not.toContain(old.kid);
    await expect(jwtVerify(token, over.ofGood)).rejects.toThrow();
    await expect(jwtVerify(token, over.ofOurs)).resolves.toBeDefined();
    await pass(SESSION_MS);
    await expiry.run();
    await expect(jwtVerify(token, (await keysOf(replica())).ofOurs)).rejects.toThrow();
    expect(await run('select from signing_keys')).toHaveLength(2);
  });

  test('tokens that lived longer before a restart are waited for', async () => {
    const long = { tokenLifespans: { accessTokenLifespanMs: 24 * HOUR_MS, sessionLifespanMs: SESSION_MS } };
    const old = (await keysOf(replica([KEY], long))).signing.kid;
    await keysOf(replica());
    await ask();
    await replica().look();
    await pass(PUBLISHED_BEFORE_MS + 23 * HOUR_MS);
    expect(published(await keysOf(replica()))).toContain(old);
    await pass(2 * HOUR_MS);
    expect(published(await keysOf(replica()))).not.toContain(old);
  });

  test('tokens for assertions may live longer than those of a sign-in, and are waited for', async () => {
    const long = { clientRegistration: { clients: [{ identityAssertions: { lifespanMs: HOUR_MS } }] } };
    const old = (await keysOf(replica([KEY], long))).signing.kid;
    await ask();
    await replica([KEY], long).look();
    await pass(PUBLISHED_BEFORE_MS + HOUR_MS);
    expect(published(await keysOf(replica([KEY], long)))).toContain(old);
    await pass(10 * MINUTE_MS);
    expect(published(await keysOf(replica([KEY], long)))).not.toContain(old);
  });

  test('with a lifespan, each is followed by another one when it is over, and nobody has to ask', async () => {
    const often = { signingKeyLifespanMs: DAY_MS };
    const signed = new Set<string>();
    for (let hour = 0; hour < 24 * 5; hour += 1) {
      signed.add((await keysOf(replica([KEY], often))).signing.kid);
      await pass(HOUR_MS);
      await expiry.run();
    }
    expect(signed.size).toBe(5);
  });

  test('a key that an earlier release made goes on to sign, also while that release runs', async () => {
    const [ec] = OWN_ALGORITHMS;
    const keyring = new KeyringStore(queries, new Envelope([KEY]), 'acme', setAside);
    const pem = await keyring.findOrMake('signing', ec?.make ?? (() => Promise.reject(new Error('none'))));
    const { kid } = await readSigningKey(pem, 'it');
    const found = await Promise.all(Array.from({ length: 5 }, async () => await keysOf(replica())));
    expect(found.map(({ signing }) => signing.kid)).toEqual(found.map(() => kid));
    expect(await run(`select from keyring where name = 'signing'`)).toHaveLength(1);
    expect(await run(`select from keyring where name = 'signing RS256'`)).toHaveLength(0);
  });

  test('when its row does not open any more, but the copy of the earlier release does, another one signs', async () => {
    const [ec] = OWN_ALGORITHMS;
    const keyring = new KeyringStore(queries, new Envelope([KEY]), 'acme', setAside);
    await keyring.findOrMake('signing', ec?.make ?? (() => Promise.reject(new Error('none'))));
    const newer = { id: 'newer', key: new Secret(randomBytes(32).toString('base64url')) };
    const before = await keysOf(replica([newer, KEY]));
    const found = await Promise.all(Array.from({ length: 5 }, async () => await keysOf(replica())));
    expect(new Set(found.map(({ signing }) => signing.kid)).size).toBe(1);
    expect(found[0]?.signing.kid).not.toBe(before.signing.kid);
    expect(published(await keysOf(replica([newer, KEY])))).toContain(before.signing.kid);
  });
});

describe('the private part', () => {
  test('attack: whoever gets the database and its key finds none of a key that signs no more', async () => {
    const [ec] = OWN_ALGORITHMS;
    const envelope = new Envelope([KEY]);
    const keyring = new KeyringStore(queries, envelope, 'acme', setAside);
    await keyring.findOrMake('signing', ec?.make ?? (() => Promise.reject(new Error('none'))));
    const old = (await keysOf(replica())).signing.kid;
    await ask();
    const stays = replica();
    await stays.look();
    await pass(PUBLISHED_BEFORE_MS + 6 * MINUTE_MS);
    await expiry.run();
    expect(
      await run(`select from signing_keys where kid = $1 and sealed_private is null`, [old]),
    ).toHaveLength(1);
    // Nor in the keyring of the earlier release, nor in a process that knew it.
    expect(await run('select from keyring')).toEqual([]);
    const keys = await keysOf(stays);
    expect(keys.withId(old)).toBeUndefined();
    expect(published(keys)).toContain(old);
  });

  test('attack: a row of somebody else, of another gateway or of another key publishes nothing, and signs nothing', async () => {
    const before = await keysOf(replica());
    const stranger = await readSigningKey((await OWN_ALGORITHMS[0]?.make()) as Secret, 'it');
    const plain = Buffer.from(JSON.stringify(stranger.jwk));
    await run(
      `insert into signing_keys (kid, alg, sealed_public, signs_from, published_for_seconds, kept_for_seconds)
       values ($1, 'ES256', $2, now(), 3600, 3600)`,
      [stranger.kid, plain],
    );
    // A copy of a row under another id.
    await run(
      `insert into signing_keys (kid, alg, sealed_public, sealed_private, signs_from, published_for_seconds, kept_for_seconds)
       select 'another', alg, sealed_public, sealed_private, now(), 3600, 3600 from signing_keys where kid = $1`,
      [before.signing.kid],
    );
    const after = await keysOf(replica());
    expect(published(after)).toEqual(published(before));
    expect(await metrics.render()).toContain('gatehouse_sealed_rows_set_aside_total{kind="keyring"} 2');
  });

  test('stays unreadable without the key-encryption key; a server that lost it goes on with others, and the first come back with it', async () => {
    const before = await keysOf(replica());
    const rows = await run<{ sealed: Buffer }>('select sealed_private as sealed from signing_keys');
    expect(rows.map(({ sealed }) => sealed.toString('latin1')).join()).not.toContain('PRIVATE KEY');
    const other = { id: 'other', key: new Secret(randomBytes(32).toString('base64url')) };
    const without = await Promise.all(Array.from({ length: 5 }, async () => await keysOf(replica([other]))));
    expect(new Set(without.map(({ signing }) => signing.kid)).size).toBe(1);
    expect(without[0]?.signing.kid).not.toBe(before.signing.kid);
    expect((await keysOf(replica())).signing.kid).toBe(before.signing.kid);
    // With both, the newest one signs, and what the first one signed is good.
    const both = await keysOf(replica([KEY, other]));
    expect(both.signing.kid).toBe(without[0]?.signing.kid);
    expect(published(both)).toContain(before.signing.kid);
  });
});
