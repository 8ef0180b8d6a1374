import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { certifiedFetch } from '@gatehouse/testing/certified-fetch';
import { passedOn } from '@gatehouse/testing/certificate-authority';
import { selfSignedCertificate, type TestCertificate } from '@gatehouse/testing/self-signed';
import { certificateThumbprint } from '@gatehouse/service-process/client-certificates';
import { randomToken } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { decodeJwt } from 'jose';
import { CertifiedWorld } from '../testing/certified-world.js';
import { authorizationRequest, ClientKey, postForm, type FormAnswer } from '../testing/proving-client.js';
import { shareWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/** Tokens that are bound to the certificate of their client (RFC 8705, sections 3 and 4). */

const SECRET = 'a-secret-of-a-client-that-asks-about-tokens';
const RESOURCE = 'http://localhost:9/mcp';
const acts = {
  clientName: 'Acts',
  redirectUris: [],
  clientSecret: new Secret(SECRET),
  tokenExchange: {
    resources: [RESOURCE],
    scopes: [],
    subjectClients: ['*'],
    actors: [],
    lifespanMs: 600_000,
  },
};

const mine = selfSignedCertificate('mine');
const thiefs = selfSignedCertificate('thief');

let world: CertifiedWorld;
let service: TestService;
let replica: TestService;
let clientId: string;
let people = 0;

shareWorld(
  async () =>
    await CertifiedWorld.start([
      {
        clientId: 'asks',
        clientName: 'Asks',
        redirectUris: [REDIRECT_URI],
        clientSecret: new Secret(SECRET),
        introspection: { resources: [RESOURCE] },
      },
      { ...acts, clientId: 'acts', tlsClientCertificateBoundAccessTokens: true },
      { ...acts, clientId: 'acts-unbound' },
    ]),
  async (started) => {
    ({ service, replica } = world = started);
    clientId = await service.register({ tls_client_certificate_bound_access_tokens: true });
  },
);

const thumbprintOf = ({ cert }: TestCertificate): string => certificateThumbprint(new X509Certificate(cert));
const boundTo = ({ body }: FormAnswer): unknown => decodeJwt(String(body['access_token']))['cnf'];
const toMine = { 'x5t#S256': thumbprintOf(mine) };

async function code(): Promise<Readonly<Record<string, string>>> {
  const { url, verifier } = service.authorizeUrl(clientId, { scope: 'openid offline_access' });
  const end = await service.signIn(service.browser(), url, `certified-${(people += 1)}`);
  return {
    grant_type: 'authorization_code',
    client_id: clientId,
    code: end.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
  };
}

const redeemed = async (fields: Readonly<Record<string, string>>, certificate?: TestCertificate) =>
  await world.post('/oauth/token', fields, certificate);
const refreshed = async (token: unknown, certificate?: TestCertificate, at = replica) =>
  await world.post(
    '/oauth/token',
    { grant_type: 'refresh_token', client_id: clientId, refresh_token: String(token) },
    certificate,
    { at },
  );

test('a client that asks for it has tokens that are bound to its certificate, renewed ones as well', async () => {
  const first = await redeemed(await code(), mine);
  expect([first.status, first.body['token_type'], boundTo(first)]).toEqual([200, 'Bearer', toMine]);
  const second = await refreshed(first.body['refresh_token'], mine);
  expect([second.status, boundTo(second)]).toEqual([200, toMine]);
  expect((await refreshed(second.body['refresh_token'], mine, service)).status).toBe(200);
});

test('who shows a certificate and asks for nothing gets what they always got', async () => {
  const plain = await service.register();
  const { url, verifier } = service.authorizeUrl(plain);
  const end = await service.signIn(service.browser(), url, `certified-${(people += 1)}`);
  const answer = await redeemed(
    {
      grant_type: 'authorization_code',
      client_id: plain,
      code: end.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    },
    mine,
  );
  expect([answer.status, boundTo(answer)]).toEqual([200, undefined]);
});

test('attack: a code without a certificate gives nothing, and is not used up', async () => {
  const fields = await code();
  expect(await redeemed(fields)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  // Nor by who writes the header themselves, past the proxy.
  expect(await postForm(service, '/oauth/token', fields, { 'client-cert': passedOn(mine) })).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant' },
  });
  expect(boundTo(await redeemed(fields, mine))).toEqual(toMine);
});

test('attack: a stolen refresh token of a public client is worth nothing without its certificate, at each replica', async () => {
  const first = await redeemed(await code(), mine);
  const token = first.body['refresh_token'];
  for (const at of [service, replica])
    for (const certificate of [undefined, thiefs])
      expect((await refreshed(token, certificate, at)).body).toMatchObject({ error: 'invalid_grant' });
  const second = await refreshed(token, mine);
  expect(second.status).toBe(200);
  // The successor is bound as well.
  expect((await refreshed(second.body['refresh_token'], thiefs)).body).toMatchObject({
    error: 'invalid_grant',
  });
});

test('whoever asks about a token hears what it is bound to', async () => {
  const { body } = await redeemed(await code(), mine);
  const basic = { authorization: `Basic ${Buffer.from(`asks:${SECRET}`).toString('base64')}` };
  const asked = { token: String(body['access_token']) };
  expect((await postForm(service, '/oauth/introspect', asked, basic)).body).toMatchObject({
    active: true,
    token_type: 'Bearer',
    cnf: toMine,
  });
});

test('attack: a bound token at the UserInfo endpoint, without its certificate and with another one', async () => {
  const { body } = await redeemed(await code(), mine);
  const token = String(body['access_token']);
  const userInfo = async (scheme: string, certificate?: TestCertificate, at = service) =>
    (
      await certifiedFetch(certificate, world.server)(`${world.originOf(at)}/oauth/userinfo`, {
        headers: { authorization: `${scheme} ${token}` },
      })
    ).status;
  expect([await userInfo('Bearer', mine), await userInfo('Bearer', mine, replica)]).toEqual([200, 200]);
  expect([
    await userInfo('Bearer'),
    await userInfo('Bearer', thiefs, replica),
    await userInfo('DPoP', mine),
  ]).toEqual([401, 401, 401]);
  const forged = await fetch(`${service.local}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${token}`, 'client-cert': passedOn(mine) },
  });
  expect(forged.status).toBe(401);
});

describe('a token that is exchanged', () => {
  const exchange = async (token: string, as: string, certificate?: TestCertificate): Promise<FormAnswer> =>
    await world.post(
      '/oauth/token',
      {
        grant_type: TOKEN_EXCHANGE_GRANT,
        subject_token: token,
        subject_token_type: TOKEN_TYPES.access_token,
        resource: RESOURCE,
      },
      certificate,
      { headers: { authorization: `Basic ${Buffer.from(`${as}:${SECRET}`).toString('base64')}` } },
    );

  test('stays bound, for who holds what it is bound to', async () => {
    const { body } = await redeemed(await code(), mine);
    const answer = await exchange(String(body['access_token']), 'acts', mine);
    expect([answer.status, boundTo(answer)]).toEqual([200, toMine]);
  });

  test('attack: is not made free of its certificate by another client, nor by one whose tokens are not bound', async () => {
    const { body } = await redeemed(await code(), mine);
    const token = String(body['access_token']);
    for (const [as, certificate] of [
      ['acts', thiefs],
      ['acts', undefined],
      ['acts-unbound', mine],
      ['acts-unbound', undefined],
    ] as const)
      expect((await exchange(token, as, certificate)).status).toBe(400);
  });
});

describe('where every token is bound', () => {
  const requestProtection = () => ({
    ...service.config.requestProtection,
    dpop: { boundAccessTokens: 'required', nonces: 'optional' } as const,
  });

  test('a certificate is as good as a key, and a token is bound to one of them', async () => {
    const strict = await world.world.startAnother({
      requestProtection: requestProtection(),
      trustedProxies: service.config.trustedProxies,
      issuer: service.issuer,
    });
    expect(
      await strict.post('/oauth/register', {
        redirect_uris: [REDIRECT_URI],
        tls_client_certificate_bound_access_tokens: true,
        dpop_bound_access_tokens: true,
      }),
    ).toMatchObject({ error: 'invalid_client_metadata' });
    // Nothing but its token is wrong: no proof was asked for.
    const ofCertificate = { grant_type: 'refresh_token', client_id: clientId, refresh_token: 'made-up' };
    expect((await postForm(strict, '/oauth/token', ofCertificate)).body['error_description']).toBeDefined();
    const fields = await code();
    expect((await postForm(strict, '/oauth/token', fields)).body).toMatchObject({ error: 'invalid_grant' });
    const proof = await (await ClientKey.make()).proof(`${service.issuer}/oauth/token`);
    // Both at once.
    const both = await world.post('/oauth/token', await code(), mine, { headers: { dpop: proof } });
    expect([both.status, both.body['error']]).toEqual([400, 'invalid_request']);
  });

  test('attack: a client that says it has certificates, where none is looked at, gets no token without a proof', async () => {
    const { dpop } = requestProtection();
    const without = { ...world.world.service.config.requestProtection, dpop };
    const strict = await world.world.startAnother({ requestProtection: without });
    const own = await strict.register({ tls_client_certificate_bound_access_tokens: true });
    const { url, verifier } = strict.authorizeUrl(own);
    const end = await strict.signIn(strict.browser(), url, `certified-${(people += 1)}`);
    const answer = await strict.redeem(own, end.get('code') ?? '', verifier);
    expect([answer.status, answer.error]).toEqual([400, 'invalid_grant']);
  });
});

test('with the FAPI 2.0 profile a client gets through by certificates alone', async () => {
  const fapi = await CertifiedWorld.start(
    [
      {
        clientId: 'bank',
        clientName: 'Bank',
        redirectUris: [REDIRECT_URI],
        tlsClientAuth: { sanDns: 'bank.example' },
        tlsClientCertificateBoundAccessTokens: true,
      },
    ],
    {
      securityProfile: 'fapi2',
      pushedAuthorizationRequests: 'required',
      dpop: { boundAccessTokens: 'required', nonces: 'optional' },
    },
  );
  try {
    const bank = fapi.authority.issue({ commonName: 'bank', dns: ['bank.example'] });
    const verifier = randomToken();
    const request = authorizationRequest(fapi.service, 'bank', verifier);
    expect((await fapi.post('/oauth/par', request)).status).toBe(401);
    const pushed = await fapi.post('/oauth/par', request, bank);
    const url = new URL('/oauth/authorize', fapi.service.issuer);
    url.searchParams.set('client_id', 'bank');
    url.searchParams.set('request_uri', String(pushed.body['request_uri']));
    const end = await fapi.service.signIn(fapi.service.browser(), url.href, 'banker');
    const fields = {
      grant_type: 'authorization_code',
      client_id: 'bank',
      code: end.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    };
    expect((await fapi.post('/oauth/token', fields)).status).toBe(401);
    const tokens = await fapi.post('/oauth/token', fields, bank, { at: fapi.replica });
    expect([tokens.status, boundTo(tokens)]).toEqual([200, { 'x5t#S256': thumbprintOf(bank) }]);
  } finally {
    await fapi.close();
  }
});
