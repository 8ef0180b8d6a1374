import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { BoundClient } from '../testing/bound-client.js';
import { ClientKey } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/** The UserInfo endpoint with tokens that are bound to a key (RFC 9449, section 7). */

let world: ServiceWorld;
let service: TestService;
let replica: TestService;
let strict: TestService;
let demanding: TestService;
let key: ClientKey;

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  const { requestProtection } = service.config;
  const withDpop = (dpop: Partial<typeof requestProtection.dpop>) => ({
    issuer: service.issuer,
    requestProtection: { ...requestProtection, dpop: { ...requestProtection.dpop, ...dpop } },
  });
  replica = await world.startAnother({ issuer: service.issuer });
  strict = await world.startAnother(withDpop({ boundAccessTokens: 'required' }));
  demanding = await world.startAnother(withDpop({ nonces: 'required' }));
  key = await ClientKey.make();
});

const endpoint = (): string => `${service.issuer}/oauth/userinfo`;
const ath = (token: string): string => createHash('sha256').update(token).digest('base64url');

async function tokenOf(holder: ClientKey | undefined): Promise<string> {
  const client = new BoundClient(service, await service.register());
  const code = await client.codeFor({ scope: 'openid offline_access' });
  const answer = await client.redeemed(code, await holder?.proof(client.tokenEndpoint));
  return String(answer.body['access_token']);
}

const proofOf = async (token: string, holder = key, change: Readonly<Record<string, unknown>> = {}) =>
  await holder.proof(endpoint(), { htm: 'GET', ath: ath(token), ...change });

const ask = async (
  token: string,
  proof: string | undefined,
  { at = replica, scheme = 'DPoP', method = 'GET' } = {},
): Promise<Response> =>
  await fetch(`${at.local}/oauth/userinfo`, {
    method,
    headers: { authorization: `${scheme} ${token}`, ...(proof === undefined ? {} : { dpop: proof }) },
  });

const refusalOf = async (answer: Response): Promise<unknown[]> => {
  const body = (await answer.json()) as Readonly<Record<string, unknown>>;
  return [answer.status, body['error'], answer.headers.get('www-authenticate')?.split(' ')[0]];
};

test('a client that nobody here wrote is told with its bound token, and tells one proof from another', async () => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const options = { execute: [openid.allowInsecureRequests] };
  const clientId = await service.register();
  const known = await openid.discovery(new URL(service.issuer), clientId, undefined, openid.None(), options);
  const DPoP = openid.getDPoPHandle(known, await openid.randomDPoPKeyPair());
  const { url, verifier } = service.authorizeUrl(clientId, { scope: 'openid profile' });
  const end = await service.signIn(service.browser(), url, 'bound-and-known');
  const tokens = await openid.authorizationCodeGrant(
    known,
    new URL(`${REDIRECT_URI}?${end.toString()}`),
    { pkceCodeVerifier: verifier, expectedState: 'client-state' },
    undefined,
    { DPoP },
  );
  const sub = String(decodeJwt(tokens.access_token).sub);
  for (let time = 0; time < 2; time += 1)
    expect(await openid.fetchUserInfo(known, tokens.access_token, sub, { DPoP })).toMatchObject({ sub });
});

describe('a stolen bound token is worth nothing', () => {
  test('as a bearer, without a proof, or with one of another key', async () => {
    const token = await tokenOf(key);
    const thief = await ClientKey.make();
    expect(await refusalOf(await ask(token, undefined, { scheme: 'Bearer' }))).toEqual([
      401,
      'invalid_token',
      'Bearer',
    ]);
    for (const proof of [undefined, 'x', await proofOf(token, thief)])
      expect(await refusalOf(await ask(token, proof))).toEqual([401, 'invalid_dpop_proof', 'DPoP']);
  });

  test('in the body of a form, whatever proof comes with it', async () => {
    const token = await tokenOf(key);
    const answer = await fetch(`${replica.local}/oauth/userinfo`, {
      method: 'POST',
      headers: { dpop: await proofOf(token, key, { htm: 'POST' }) },
      body: new URLSearchParams({ access_token: token }),
    });
    expect((await refusalOf(answer))[1]).toBe('invalid_token');
  });

  test('with a proof for another request, method, token, or time', async () => {
    const [token, other] = [await tokenOf(key), await tokenOf(key)];
    const hour = Math.floor(Date.now() / 1_000) - 3_600;
    for (const proof of [
      await key.proof(`${service.issuer}/oauth/token`, { htm: 'GET', ath: ath(token) }),
      await proofOf(token, key, { htm: 'POST' }),
      await proofOf(other),
      await proofOf(token, key, { ath: undefined }),
      await proofOf(token, key, { iat: hour }),
      await proofOf(token, key, { iat: hour + 7_200 }),
    ])
      expect((await refusalOf(await ask(token, proof)))[1]).toBe('invalid_dpop_proof');
  });

  test('with a proof that was seen before, also at the other replica', async () => {
    const token = await tokenOf(key);
    const proof = await proofOf(token);
    const answers = await Promise.all([ask(token, proof), ask(token, proof, { at: service })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect((await ask(token, proof)).status).toBe(401);
    expect((await ask(token, await proofOf(token))).status).toBe(200);
  });
});

test('a token that is not bound does not become so by a proof', async () => {
  const token = await tokenOf(undefined);
  expect((await refusalOf(await ask(token, await proofOf(token))))[1]).toBe('invalid_token');
  expect((await ask(token, undefined, { scheme: 'Bearer' })).status).toBe(200);
});

test('where tokens must be bound, one that is not is refused, and whoever has none is told of DPoP', async () => {
  const [token, plain] = [await tokenOf(key), await tokenOf(undefined)];
  expect((await ask(token, await proofOf(token), { at: strict })).status).toBe(200);
  expect((await ask(plain, undefined, { at: strict, scheme: 'Bearer' })).status).toBe(401);
  const asked = await fetch(`${strict.local}/oauth/userinfo`);
  expect(asked.headers.get('www-authenticate')).toBe(
    `DPoP realm="${service.issuer}", algs="ES256 Ed25519 EdDSA"`,
  );
});

test('where proofs need a nonce, whoever brings none is told one, and a made-up one is refused', async () => {
  const token = await tokenOf(key);
  const told = await ask(token, await proofOf(token), { at: demanding });
  const nonce = told.headers.get('dpop-nonce') ?? '';
  expect([told.status, nonce]).toEqual([401, expect.stringMatching(/^0\.[\w-]{43}$/)]);
  expect((await refusalOf(told))[1]).toBe('use_dpop_nonce');
  expect((await ask(token, await proofOf(token, key, { nonce }), { at: demanding })).status).toBe(200);
  for (const madeUp of ['x', `0.${'A'.repeat(43)}`, `1.${nonce.slice(2)}`]) {
    const refused = await ask(token, await proofOf(token, key, { nonce: madeUp }), { at: demanding });
    expect((await refusalOf(refused))[1]).toBe('use_dpop_nonce');
  }
});
