import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { AssertingIdp } from '@gatehouse/testing/id-jag-pair';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { AssertionIssuerKeys, type AssertionIssuer } from './assertion-issuer-keys.client.js';

let idp: AssertingIdp;
let issuer: AssertionIssuer;
let nowMs: number;
let keys: AssertionIssuerKeys;

beforeEach(async () => {
  idp = await new AssertingIdp().start();
  issuer = {
    issuer: idp.origin,
    subjectClaim: 'sub',
    maxAssertionLifespanMs: 300_000,
    clockToleranceMs: 0,
    allowPrivateIps: true,
    insecureAllowHttp: true,
  };
  nowMs = 1_800_000_000_000;
  keys = new AssertionIssuerKeys(new SilentLog(), { nowMs: () => nowMs });
});
afterEach(async () => {
  await idp.stop();
});

const UNAVAILABLE = { code: 'unavailable' };
/** It has no metadata of the first kind. */
const DISCOVERED = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration', '/jwks'];

describe('the keys of an issuer', () => {
  // RFC 8414, section 3.3.
  test('are found through its metadata, or where the configuration says', async () => {
    expect((await keys.of(issuer)).value).toMatchObject([{ kid: 'key-of-the-idp' }]);
    expect(idp.fetched).toEqual(DISCOVERED);
    const named = new AssertionIssuerKeys(new SilentLog(), { nowMs: () => nowMs });
    await named.of({ ...issuer, jwksUrl: idp.jwksUrl });
    expect(idp.fetched.slice(3)).toEqual(['/jwks']);
  });

  test('are fetched once for all who ask at once, and for five minutes', async () => {
    await Promise.all([keys.of(issuer), keys.of(issuer), keys.of(issuer)]);
    nowMs += 5 * MINUTE_MS - 1;
    await keys.of(issuer);
    expect(idp.fetched).toEqual(DISCOVERED);
    nowMs += 1;
    await keys.of(issuer);
    expect(idp.fetched).toEqual([...DISCOVERED, ...DISCOVERED]);
  });

  test('that a new assertion needs are found, but a flood of assertions is no flood of requests', async () => {
    const known = await keys.of(issuer);
    for (let flood = 0; flood < 20; flood += 1) expect(await keys.newerThan(issuer, known)).toBeUndefined();
    expect(idp.fetched).toEqual(DISCOVERED);
    nowMs += 10 * SECOND_MS;
    expect((await keys.newerThan(issuer, known))?.askedAtMs).toBe(nowMs);
    expect(idp.fetched).toEqual([...DISCOVERED, ...DISCOVERED]);
  });

  test('go on for an hour while it cannot be asked, which is tried every ten seconds', async () => {
    const known = await keys.of(issuer);
    idp.publishes = [500, {}];
    nowMs += 6 * MINUTE_MS;
    for (let asked = 0; asked < 3; asked += 1) expect(await keys.of(issuer)).toBe(known);
    // Both places of its metadata, once.
    expect(idp.fetched).toHaveLength(DISCOVERED.length + 2);
    await expect(keys.newerThan(issuer, known)).rejects.toMatchObject(UNAVAILABLE);
    nowMs += 54 * MINUTE_MS;
    await expect(keys.of(issuer)).rejects.toMatchObject(UNAVAILABLE);
    idp.publishes = undefined;
    nowMs += 10 * SECOND_MS;
    expect((await keys.of(issuer)).askedAtMs).toBe(nowMs);
  });

  test('are none where the answer is something else', async () => {
    for (const body of [{}, { keys: 'none' }, { keys: [1] }, { keys: [{ kid: 'no-kty' }] }]) {
      idp.publishes = [200, body];
      await expect(keys.of({ ...issuer, jwksUrl: idp.jwksUrl })).rejects.toMatchObject(UNAVAILABLE);
      nowMs += 10 * SECOND_MS;
    }
  });

  test('are those that can be read: one that cannot costs only itself', async () => {
    const [good] = (await keys.of(issuer)).value;
    idp.publishes = [200, { keys: [null, { kid: 'no-kty' }, good] }];
    const other = { ...issuer, issuer: 'https://other.example', jwksUrl: idp.jwksUrl };
    expect((await keys.of(other)).value).toEqual([good]);
  });

  test('attack: an address inside the network is not asked, unless the configuration says so', async () => {
    await expect(keys.of({ ...issuer, allowPrivateIps: false })).rejects.toMatchObject(UNAVAILABLE);
    expect(idp.fetched).toEqual([]);
  });
});
