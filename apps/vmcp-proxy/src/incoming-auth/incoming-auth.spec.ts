import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import * as fc from 'fast-check';
import { exportJWK, generateKeyPair } from 'jose';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern } from '../client.fixture.js';
import { AUDIENCE, ISSUER, signedToken, startProxy, type TestProxy } from '../proxy.fixture.js';
import { backendKey, principalKey } from './principal.js';
import { SessionViews } from './session-views.js';
import { SigningKeys } from './signing-keys.client.js';
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
  const token = await signedToken(privateKey, { exp: Math.floor(Date.now() / 1_000) - 2 + 4 });
  await verifier.verify(token);
  expect(verifier.verify(token)).not.toBeInstanceOf(Promise);
  aheadMs = 3_000;
  expect(verifier.verify(token)).toBeInstanceOf(Promise);
});

test('a flood of tokens with unknown keys asks for the keys once in ten seconds', async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kty: 'EC', kid: 'known', alg: 'ES256' };
  let nowMs = 0;
  const ask = jest.fn(async () => await Promise.resolve({ keys: [jwk] }));
  const keys = new SigningKeys({ ask } as never, () => nowMs);
  const get = async (kid: string): Promise<unknown> => await keys.getKey({ alg: 'ES256', kid }, {} as never);
  await get('known');
  for (let count = 0; count < 50; count += 1) await expect(get(`unknown-${count}`)).rejects.toThrow();
  expect(ask).toHaveBeenCalledTimes(1);
  nowMs = 10_000;
  await expect(get('unknown')).rejects.toThrow();
  expect(ask).toHaveBeenCalledTimes(2);
});

test('keys once learnt keep working while the authorization server is away', async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kty: 'EC', kid: 'known', alg: 'ES256' };
  let away = false;
  const ask = async () =>
    await (away ? Promise.reject(new GatehouseError('unavailable')) : Promise.resolve({ keys: [jwk] }));
  const keys = new SigningKeys({ ask } as never, () => Date.now() + (away ? 60_000 : 0));
  const get = async (kid: string): Promise<unknown> => await keys.getKey({ alg: 'ES256', kid }, {} as never);
  await get('known');
  away = true;
  await expect(get('known')).resolves.toBeDefined();
});

test('a key that nobody could ask about is no fault of the token: an outage is never a 401', async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kty: 'EC', kid: 'known', alg: 'ES256' };
  let [away, nowMs] = [false, 0];
  const ask = jest.fn(
    async () =>
      await (away ? Promise.reject(new GatehouseError('unavailable')) : Promise.resolve({ keys: [jwk] })),
  );
  const keys = new SigningKeys({ ask } as never, () => nowMs);
  const get = async (kid: string): Promise<unknown> => await keys.getKey({ alg: 'ES256', kid }, {} as never);
  await get('known');
  away = true;
  nowMs = 60_000;
  await expect(get('new')).rejects.toMatchObject({ code: 'unavailable' });
  // Within the ten seconds nobody is asked again, and nothing more is known.
  await expect(get('new')).rejects.toMatchObject({ code: 'unavailable' });
  expect(ask).toHaveBeenCalledTimes(2);
  away = false;
  nowMs = 70_000;
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
let backend: TestBackend;
let proxy: TestProxy;
beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern' });
  proxy = await startProxy({ nats, backends: [{ name: 'one', url: backend.url }] });
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
