import { ProofNonces } from '@gatehouse/access-tokens/proof-nonces';
import { Proofs } from '@gatehouse/access-tokens/proofs';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { post } from '../client.fixture.js';
import { AUDIENCE, startProxy, type ProxySetup } from '../proxy.fixture.js';
import { Callers } from './caller.js';
import { principalKey } from './principal.js';
import { call, challengeOf, newKey, proofFor, type Key } from './proofs.fixture.js';

/** What the configuration demands of proofs, and what decides about them (RFC 9449, sections 8 and 11.1). */

let nats: TestNats;
let backend: TestBackend;
let key: Key;

const setup = (): ProxySetup => ({ nats, backends: [{ name: 'one', url: backend.url }] });

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern' });
  key = await newKey();
});
afterAll(async () => {
  await backend.close();
  await nats.close();
});

describe('where proofs need a nonce', () => {
  test('a caller is told one, which every replica takes, and one that somebody made up is refused', async () => {
    const strict = await startProxy({ ...setup(), dpop: { nonces: 'required' } });
    const replica = await strict.startReplica();
    const own = await strict.token({ cnf: { jkt: key.thumbprint } });
    const told = await call(strict.mcpUrl, await proofFor(own, key), own);
    expect([told.status, challengeOf(told)]).toEqual([
      401,
      expect.stringMatching(/^DPoP error="use_dpop_nonce"/),
    ]);
    const nonce = told.headers.get('dpop-nonce') ?? '';
    for (const url of [strict.mcpUrl, replica.mcpUrl])
      expect((await call(url, await proofFor(own, key, { nonce }), own)).status).toBe(200);
    const [period = ''] = nonce.split('.');
    for (const madeUp of ['x', `${period}.${'A'.repeat(43)}`, `999999.${nonce.split('.')[1] ?? ''}`]) {
      const refused = await call(strict.mcpUrl, await proofFor(own, key, { nonce: madeUp }), own);
      expect([refused.status, challengeOf(refused)]).toEqual([
        401,
        expect.stringContaining('use_dpop_nonce'),
      ]);
    }
    await replica.close();
    await strict.close();
  });

  test('it is good for five minutes, and at a replica whose clock is a minute behind', async () => {
    const secret = Buffer.alloc(32, 7);
    const keys = {
      current: () => ({ period: 5, secret }),
      of: async (period: number) => await Promise.resolve(period === 5 ? { period, secret } : undefined),
    };
    let at = 600 * MINUTE_MS;
    const nonces = new ProofNonces(keys, () => at);
    const nonce = await nonces.current();
    const acceptedAfter = async (minutes: number): Promise<boolean> => {
      at = (600 + minutes) * MINUTE_MS;
      return await nonces.accepts(nonce);
    };
    expect([
      await acceptedAfter(-2),
      await acceptedAfter(-1),
      await acceptedAfter(4),
      await acceptedAfter(5),
    ]).toEqual([false, true, true, false]);
  });
});

describe('where tokens must be bound', () => {
  test('one that is not is refused, and whoever has none is told of DPoP alone', async () => {
    const strict = await startProxy({ ...setup(), dpop: { boundAccessTokens: 'required' } });
    const [bound, plain] = [await strict.token({ cnf: { jkt: key.thumbprint } }), await strict.token()];
    expect((await call(strict.mcpUrl, undefined, plain, 'Bearer')).status).toBe(401);
    expect((await call(strict.mcpUrl, await proofFor(plain, key), plain)).status).toBe(401);
    expect((await call(strict.mcpUrl, await proofFor(bound, key), bound)).status).toBe(200);
    const asked = await post(strict.mcpUrl, { jsonrpc: '2.0', id: 1, method: 'ping' }, {});
    expect(asked.headers.get('www-authenticate')).toMatch(
      /^DPoP resource_metadata="[^"]+", scope="openid", algs="/,
    );
    const metadata = await (await fetch(`${strict.origin}/.well-known/oauth-protected-resource`)).json();
    expect(metadata).toMatchObject({
      dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'],
      dpop_bound_access_tokens_required: true,
    });
    await strict.close();
  });
});

describe('what decides', () => {
  const token = 'a-token-that-was-verified';
  const principal = (boundTo: string, tsid?: string) => ({
    issuer: 'i',
    subject: 's',
    clientId: 'c',
    scopes: new Set(['openid']),
    key: principalKey('i', 's', tsid),
    token: { reveal: () => token } as never,
    boundTo,
  });
  const incomingAuth = { type: 'oidc', oidc: { scopes: ['openid'] } } as never;
  const callers = (
    use: (boundTo: string, jti: string, person: string) => Promise<boolean>,
    tsid = (): string | undefined => undefined,
  ): Callers =>
    new Callers(
      incomingAuth,
      { verify: () => principal(key.thumbprint, tsid()) },
      undefined,
      new Proofs({ use }, undefined, { boundAccessTokens: 'optional' }),
      { warn: () => undefined, failure: () => undefined },
    );
  const asked = async () => ({
    method: 'POST',
    rawHeaders: [],
    headers: { authorization: `DPoP ${token}`, dpop: await proofFor(token, key) },
  });
  const HERE = { certificate: () => undefined };
  const HANDED = { ...HERE, isHanded: true };
  const PLACE = { audience: AUDIENCE, url: AUDIENCE };

  test('a bus that cannot say whether a proof was used lets nobody in, and is no fault of the token', async () => {
    const away = callers(async () => await Promise.reject(new GatehouseError('unavailable')));
    expect(await away.identify(await asked(), PLACE, HERE)).toEqual({ kind: 'unavailable' });
  });

  test('whoever sends more proofs than one person may is told so, and is not signed out', async () => {
    const limited = callers(async () => await Promise.reject(new GatehouseError('rate_limited')));
    expect(await limited.identify(await asked(), PLACE, HERE)).toEqual({ kind: 'limited' });
  });

  test('attack: who signs in again and again gets as much room for proofs each time, until there is none for others', async () => {
    const counted = new Set<string>();
    let signIns = 0;
    const here = callers(
      async (_boundTo, _jti, person) => await Promise.resolve(counted.add(person).size > 0),
      () => `sign-in ${(signIns += 1)}`,
    );
    for (let round = 0; round < 3; round += 1) await here.identify(await asked(), PLACE, HERE);
    expect([signIns, counted.size]).toEqual([3, 1]);
  });

  test('a request that another replica hands on is proven again, and its proof is not used twice by that', async () => {
    let uses = 0;
    const here = callers(async () => await Promise.resolve((uses += 1) === 1));
    const first = await asked();
    expect(await here.identify(first, PLACE, HERE)).toMatchObject({ kind: 'principal' });
    expect(await here.identify(first, PLACE, HANDED)).toMatchObject({ kind: 'principal' });
    expect(uses).toBe(1);
    const forged = { ...first, headers: { ...first.headers, dpop: await proofFor(token, await newKey()) } };
    expect(await here.identify(forged, PLACE, HANDED)).toMatchObject({ reason: 'invalid_dpop_proof' });
  });

  test('nobody whose token or proof is refused writes into the bucket', async () => {
    let uses = 0;
    const here = callers(async () => await Promise.resolve((uses += 1) > 0));
    const { headers, ...rest } = await asked();
    await here.identify({ ...rest, headers: { ...headers, dpop: 'x' } }, PLACE, HERE);
    await here.identify(
      { ...rest, headers: { ...headers, dpop: await proofFor(token, await newKey()) } },
      PLACE,
      HERE,
    );
    expect(uses).toBe(0);
  });
});
