import { CLOCK_TOLERANCE_SECONDS } from '@gatehouse/kernel/clock';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import * as fc from 'fast-check';
import { exportJWK, generateKeyPair } from 'jose';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern } from '../client.fixture.js';
import { AUDIENCE, ISSUER, signedToken, startProxy, type TestProxy } from '../proxy.fixture.js';
import { backendKey, principalKey } from './principal.js';
import { SessionViews } from './session-views.client.js';
import { signingKeys } from './signing-keys.client.js';
import { TokenVerifier } from './token-verifier.js';

const EXPECTED = { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', clockToleranceSeconds: 5 };

test('no two principals at no two backends share a cache key', () => {
  const principal = fc.tuple(fc.string(), fc.string(), fc.option(fc.string(), { nil: undefined }));
  const name = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
  fc.assert(
    fc.property(principal, name, principal, name, (a, backendA, b, backendB) => {
      const [keyA, keyB] = [a, b].map(([issuer, subject, tsid]) => ({
        key: principalKey(issuer, subject, tsid),
      }));
      const same = JSON.stringify([a, backendA]) === JSON.stringify([b, backendB]);
      expect(backendKey(keyA ?? { key: '' }, backendA) === backendKey(keyB ?? { key: '' }, backendB)).toBe(
        same,
      );
    }),
  );
});

test.each([['issuer'], ['subject'], ['tsid'], ['backend']])(
  'the cache key differs when only the %s does',
  (part) => {
    const keyOf = (changed: string): string => {
      const value = (name: string): string => (name === changed ? 'other' : name);
      return backendKey(
        { key: principalKey(value('issuer'), value('subject'), value('tsid')) },
        value('backend'),
      );
    };
    expect(keyOf(part)).not.toBe(keyOf('nothing'));
  },
);

test('a remembered token is refused the moment it expires', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  let aheadMs = 0;
  const verifier = new TokenVerifier(
    async () => await Promise.resolve(publicKey),
    EXPECTED,
    () => Date.now() + aheadMs,
  );
  const leftSeconds = 60;
  const token = await signedToken(privateKey, { exp: Math.floor(Date.now() / 1_000) + leftSeconds });
  await verifier.verify(token, AUDIENCE);
  expect(verifier.verify(token, AUDIENCE)).not.toBeInstanceOf(Promise);
  aheadMs = (leftSeconds + EXPECTED.clockToleranceSeconds) * 1_000;
  expect(verifier.verify(token, AUDIENCE)).toBeInstanceOf(Promise);
});

test('clients that renew their tokens all day make nothing grow: a token is forgotten once it has expired', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  let aheadMs = 0;
  const verifier = new TokenVerifier(
    async () => await Promise.resolve(publicKey),
    EXPECTED,
    () => Date.now() + aheadMs,
  );
  const expiringIn = async (seconds: number): Promise<string> =>
    await signedToken(privateKey, { exp: Math.floor(Date.now() / 1_000) + seconds, jti: randomUUID() });
  for (let count = 0; count < 10; count += 1) await verifier.verify(await expiringIn(600), AUDIENCE);
  const long = await expiringIn(6_000);
  await verifier.verify(long, AUDIENCE);
  expect(verifier.size).toBe(11);
  aheadMs = (600 + EXPECTED.clockToleranceSeconds + 1) * 1_000;
  await verifier.verify(await expiringIn(6_000), AUDIENCE);
  expect(verifier.size).toBe(2);
  expect(verifier.verify(long, AUDIENCE)).not.toBeInstanceOf(Promise);
});

test('a token that is remembered for one resource is none for another (audience confusion through the cache)', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const verifier = new TokenVerifier(async () => await Promise.resolve(publicKey), EXPECTED);
  const token = await signedToken(privateKey, { exp: Math.floor(Date.now() / 1_000) + 60 });
  await verifier.verify(token, AUDIENCE);
  const elsewhere = Promise.resolve(verifier.verify(token, `${AUDIENCE}/other`));
  await expect(elsewhere).rejects.toMatchObject({ code: 'token_invalid' });
  expect(verifier.verify(token, AUDIENCE)).not.toBeInstanceOf(Promise);
});

test.each([
  [-30, 'taken: clocks may be a minute apart'],
  [-90, 'refused: no longer than that'],
])('a token that expired %d s ago is %s', async (leftSeconds) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const tolerant = { ...EXPECTED, clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS };
  const verifier = new TokenVerifier(async () => await Promise.resolve(publicKey), tolerant);
  const token = await signedToken(privateKey, { exp: Math.floor(Date.now() / 1_000) + leftSeconds });
  const verified = Promise.resolve(verifier.verify(token, AUDIENCE)).then(
    () => 'taken',
    () => 'refused',
  );
  expect(await verified).toBe(leftSeconds === -30 ? 'taken' : 'refused');
});

const PACE_MS = 100;

/** An authorization server with keys of these ids, and the proxy's side of it. */
async function authorizationServer(...ids: readonly string[]) {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kty: 'EC', alg: 'ES256' };
  const server = { ids, away: false, nowMs: 0 };
  const ask = jest.fn(async () => {
    const keys = server.ids.map((kid) => ({ ...jwk, kid }));
    return await (server.away
      ? Promise.reject(new GatehouseError('unavailable'))
      : Promise.resolve({ keys }));
  });
  const options = { paceMs: PACE_MS, freshForMs: 60_000, nowMs: () => server.nowMs };
  const { getKey } = signingKeys({ ask } as never, options);
  const get = async (kid: string): Promise<unknown> => await getKey({ alg: 'ES256', kid }, {} as never);
  await get('known');
  return { server, ask, get };
}

test('a flood of tokens with unknown keys asks for the keys once in the pace, not once each', async () => {
  const { ask, get } = await authorizationServer('known');
  const flood = await Promise.allSettled(
    Array.from({ length: 50 }, async (_, count) => await get(`unknown-${count}`)),
  );
  expect(flood.every(({ status }) => status === 'rejected')).toBe(true);
  expect(ask).toHaveBeenCalledTimes(2);
});

test('a flood of tokens with unknown keys does not keep a new key from being learnt', async () => {
  const { server, ask, get } = await authorizationServer('known');
  let count = 0;
  const flood = setInterval(() => {
    count += 1;
    get(`unknown-${count}`).catch(() => undefined);
  }, 5);
  await until(() => ask.mock.calls.length > 1);
  server.ids = ['known', 'new'];
  const before = ask.mock.calls.length;
  await expect(get('new')).resolves.toBeDefined();
  clearInterval(flood);
  // One look may have been under way; the next one finds it.
  expect(ask.mock.calls.length - before).toBeLessThanOrEqual(2);
});

test('known keys do not wait while somebody sends unknown ones', async () => {
  const { get } = await authorizationServer('known');
  const unknown = get('unknown').catch(() => 'unknown');
  expect(await Promise.race([unknown, get('known').then(() => 'known')])).toBe('known');
  await unknown;
});

test('a withdrawn key is good no longer than a minute, also when nobody comes with a new one', async () => {
  const { server, get } = await authorizationServer('known', 'withdrawn');
  server.ids = ['known'];
  await expect(get('withdrawn')).resolves.toBeDefined();
  server.nowMs = 60_000;
  await expect(get('withdrawn')).rejects.toThrow();
  await expect(get('known')).resolves.toBeDefined();
});

test('keys once learnt keep working while the authorization server is away', async () => {
  const { server, ask, get } = await authorizationServer('known');
  server.away = true;
  server.nowMs = 60_000;
  await expect(get('known')).resolves.toBeDefined();
  expect(ask).toHaveBeenCalledTimes(2);
  // Once in a while somebody asks whether it is back; the others do not wait for that.
  await expect(get('known')).resolves.toBeDefined();
  expect(ask).toHaveBeenCalledTimes(2);
});

test('a key that nobody could ask about is no fault of the token: an outage is never a 401', async () => {
  const { server, get } = await authorizationServer('known');
  server.away = true;
  for (let count = 0; count < 2; count += 1)
    await expect(get('new')).rejects.toMatchObject({ code: 'unavailable' });
  server.away = false;
  await expect(get('new')).rejects.not.toMatchObject({ code: 'unavailable' });
});

const TSID = '7a4b0c9e-5c0c-4c55-8f5a-0d6a5b1f2c3d' as SessionId;

test('a session view is used for thirty seconds at most, and asked for again before that', async () => {
  let nowMs = 0;
  const ask = jest.fn(async () => await Promise.resolve({ state: 'open', accountId: 'a', clientId: 'c' }));
  const views = new SessionViews({ ask } as never, () => nowMs);
  await views.view(TSID);
  nowMs = 14_000;
  expect(views.view(TSID)).not.toBeInstanceOf(Promise);
  expect(ask).toHaveBeenCalledTimes(1);
  nowMs = 16_000;
  expect(views.view(TSID)).not.toBeInstanceOf(Promise);
  expect(ask).toHaveBeenCalledTimes(2);
});

test('while nobody can say, a view lives out its thirty seconds and then fails closed as unavailable', async () => {
  let nowMs = 0;
  let away = false;
  const ask = async () =>
    await (away
      ? Promise.reject(new GatehouseError('unavailable'))
      : Promise.resolve({ state: 'open', accountId: 'a' }));
  const views = new SessionViews({ ask } as never, () => nowMs);
  await views.view(TSID);
  away = true;
  nowMs = 29_000;
  expect(views.view(TSID)).toEqual({ accountId: 'a' });
  nowMs = 30_000;
  await expect(views.view(TSID)).rejects.toMatchObject({ code: 'unavailable' });
});

test('a session that was closed while its view was on the way stays closed', async () => {
  let answer: (reply: unknown) => void = () => undefined;
  const ask = async () => await new Promise((resolve) => (answer = resolve));
  const views = new SessionViews({ ask } as never);
  const asked = views.view(TSID);
  views.close(TSID);
  answer({ state: 'open', accountId: 'a', clientId: 'c' });
  expect(await asked).toBeUndefined();
  expect(views.view(TSID)).toBeUndefined();
});

test('a proxy that stood still believes no session that it asked for before, nor an answer under way', async () => {
  let nowMs = 0;
  const ask = jest.fn(async () => await Promise.resolve({ state: 'open', accountId: 'a', clientId: 'c' }));
  const views = new SessionViews({ ask } as never, () => nowMs);
  await views.view(TSID);
  views.beat();
  nowMs = 500;
  expect(views.view(TSID)).not.toBeInstanceOf(Promise);
  // A call or the beat may run first after a standstill: both notice it.
  nowMs = 501;
  await views.view(TSID);
  expect(ask).toHaveBeenCalledTimes(2);
  expect(views.view(TSID)).not.toBeInstanceOf(Promise);
  nowMs = 1_002;
  views.beat();
  await views.view(TSID);
  expect(ask).toHaveBeenCalledTimes(3);
});

test('an answer asked for before the bus was lost is not remembered', async () => {
  let answer: (reply: unknown) => void = () => undefined;
  const ask = jest.fn(async () => await new Promise((resolve) => (answer = resolve)));
  const views = new SessionViews({ ask } as never);
  const asked = views.view(TSID);
  views.forgetAll();
  answer({ state: 'open', accountId: 'a', clientId: 'c' });
  await asked;
  void views.view(TSID);
  expect(ask).toHaveBeenCalledTimes(2);
});

let nats: TestNats;
const log = new KeptLog();
let backend: TestBackend;
let proxy: TestProxy;
beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern' });
  proxy = await startProxy({ nats, log, backends: [{ name: 'one', url: backend.url }] });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

const CALL = { name: 'one_echo', arguments: {} };

test('a sign-out is in force within a second, although the token is valid for minutes', async () => {
  const tsid = randomUUID();
  const token = await proxy.token({ tsid });
  expect((await modern(proxy.mcpUrl, 'tools/call', CALL, { token })).status).toBe(200);
  await proxy.sessionClosed(tsid);
  const refused = await modern(proxy.mcpUrl, 'tools/call', CALL, { token });
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
});

test('a session that is closed is refused from the first request on', async () => {
  const tsid = randomUUID();
  proxy.surroundings.closedSessions.add(tsid);
  const token = await proxy.token({ tsid });
  expect((await modern(proxy.mcpUrl, 'tools/list', {}, { token })).status).toBe(401);
});

test('a token that names another account’s session is refused, and the log says so', async () => {
  const tsid = randomUUID();
  const own = await proxy.token({ tsid });
  const another = await proxy.token({ tsid, sub: randomUUID() });
  // Asked for, and remembered.
  for (let time = 0; time < 2; time += 1) {
    const refused = await modern(proxy.mcpUrl, 'tools/call', CALL, { token: another });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
  }
  expect(log.of('session-of-another-account')).toEqual(Array(2).fill({ tsid, clientId: 'client' }));
  expect((await modern(proxy.mcpUrl, 'tools/call', CALL, { token: own })).status).toBe(200);
});

test('with the authorization server away, known sessions go on and unknown ones get 503, never 401', async () => {
  const known = await proxy.token();
  expect((await modern(proxy.mcpUrl, 'tools/call', CALL, { token: known })).status).toBe(200);
  const unknown = await proxy.token();
  await proxy.stopAuthorizationServer();
  expect((await modern(proxy.mcpUrl, 'tools/call', CALL, { token: known })).status).toBe(200);
  const refused = await modern(proxy.mcpUrl, 'tools/call', CALL, { token: unknown });
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('2');
});
