import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { AdministrationWorld, type Called } from '../testing/administration-world.js';
import { ClientKey } from '../testing/proving-client.js';
import { shareWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';

/** The administrator's API with tokens that are bound to a key (RFC 9449, section 7). */

let api: AdministrationWorld;
let demanding: TestService;
let strict: TestService;
let key: ClientKey;

shareWorld(
  () => AdministrationWorld.start(),
  async (started) => {
    api = started;
    key = await ClientKey.make();
    const { issuer, clientRegistration, scopesSupported, requestProtection } = api.service.config;
    const withDpop = async (dpop: Partial<typeof requestProtection.dpop>) =>
      await api.world.startAnother({
        issuer,
        clientRegistration,
        scopesSupported,
        requestProtection: { ...requestProtection, dpop: { ...requestProtection.dpop, ...dpop } },
        administration: { host: '127.0.0.1', port: await freePort(), url: api.url },
      });
    demanding = await withDpop({ nonces: 'required' });
    strict = await withDpop({ boundAccessTokens: 'required' });
  },
);

const boundToken = async (): Promise<string> => {
  const proof = await key.proof(`${api.service.issuer}/oauth/token`);
  return String((await api.tokenAnswer('operations', {}, proof)).body['access_token']);
};

const ath = (token: string): string => createHash('sha256').update(token).digest('base64url');
const proofOf = async (token: string, change: Readonly<Record<string, unknown>> = {}, holder = key) =>
  await holder.proof(`${api.url}/accounts`, { htm: 'GET', ath: ath(token), ...change });

const ask = async (token: string, proof: string | undefined, at = api.replica): Promise<Called> =>
  await api.call('/accounts', {
    headers: { authorization: `DPoP ${token}`, ...(proof === undefined ? {} : { dpop: proof }) },
    at,
  });

const refusalOf = ({ status, headers }: Called): unknown[] => {
  const challenge = String(headers['www-authenticate']);
  return [status, challenge.split(' ')[0], /error="([^"]+)"/.exec(challenge)?.[1]];
};

test('a bound token is taken with a proof of its key, made for this request', async () => {
  const token = await boundToken();
  expect((await ask(token, await proofOf(token))).status).toBe(200);
});

test('attack: a stolen bound token is shown as a bearer, without a proof, or with one of another key, token, method or address', async () => {
  const token = await boundToken();
  expect(refusalOf(await api.call('/accounts', { token }))).toEqual([401, 'Bearer', 'invalid_token']);
  for (const proof of [
    undefined,
    'x',
    await proofOf(token, {}, await ClientKey.make()),
    await proofOf(await boundToken()),
    await proofOf(token, { htm: 'DELETE' }),
    await key.proof(`${api.url}/clients`, { htm: 'GET', ath: ath(token) }),
  ])
    expect(refusalOf(await ask(token, proof))).toEqual([401, 'DPoP', 'invalid_dpop_proof']);
});

test('attack: a proof is used twice, also at the other replica', async () => {
  const token = await boundToken();
  const proof = await proofOf(token);
  const answers = await Promise.all([ask(token, proof), ask(token, proof, api.service)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  expect((await ask(token, proof)).status).toBe(401);
});

test('attack: a token that is not bound is shown with a proof', async () => {
  const token = await api.token();
  expect(refusalOf(await ask(token, await proofOf(token)))).toEqual([401, 'DPoP', 'invalid_token']);
  expect((await api.call('/accounts', { token })).status).toBe(200);
});

// RFC 9449, section 9.
test('where proofs need a nonce, whoever brings none is told one in the scheme of their token', async () => {
  const token = await boundToken();
  const told = await ask(token, await proofOf(token), demanding);
  expect(refusalOf(told)).toEqual([401, 'DPoP', 'use_dpop_nonce']);
  // RFC 9449, section 7.1.
  expect(told.headers['www-authenticate']).toContain('algs="');
  const nonce = String(told.headers['dpop-nonce']);
  expect((await ask(token, await proofOf(token, { nonce }), demanding)).status).toBe(200);
  const madeUp = await ask(token, await proofOf(token, { nonce: `0.${'A'.repeat(43)}` }), demanding);
  expect(refusalOf(madeUp)).toEqual([401, 'DPoP', 'use_dpop_nonce']);
});

test('where tokens must be bound, one that is not is refused, and whoever has none is told of DPoP', async () => {
  const none = await api.call('/accounts', { at: strict });
  expect(refusalOf(none)).toEqual([401, 'DPoP', undefined]);
  expect(refusalOf(await api.call('/accounts', { token: await api.token(), at: strict }))).toEqual([
    401,
    'DPoP',
    'invalid_token',
  ]);
  const token = await boundToken();
  expect((await ask(token, await proofOf(token), strict)).status).toBe(200);
});
