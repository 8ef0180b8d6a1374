import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { randomToken } from '@gatehouse/kernel/ids';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { boundTo, BoundClient } from '../testing/bound-client.js';
import { authorizationRequest, ClientKey, postForm } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/** Tokens that are bound to a key of their client (RFC 9449). */

let world: ServiceWorld;
let service: TestService;
let replica: TestService;
let clientId: string;
let client: BoundClient;
let key: ClientKey;

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  replica = await world.startAnother({ issuer: service.issuer });
  clientId = await service.register();
  client = new BoundClient(service, clientId);
  key = await ClientKey.make();
});

test('a client that nobody here wrote gets bound tokens, and the metadata says with what', async () => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const options = { execute: [openid.allowInsecureRequests] };
  const known = await openid.discovery(new URL(service.issuer), clientId, undefined, openid.None(), options);
  expect(known.serverMetadata().dpop_signing_alg_values_supported).toEqual(['ES256', 'Ed25519', 'EdDSA']);
  const DPoP = openid.getDPoPHandle(known, await openid.randomDPoPKeyPair());
  const verifier = openid.randomPKCECodeVerifier();
  const url = openid.buildAuthorizationUrl(known, {
    ...authorizationRequest(service, clientId, verifier),
    dpop_jkt: await DPoP.calculateThumbprint(),
  });
  const end = await service.signIn(service.browser(), url.href, 'bound-by-openid-client');
  const checks = { pkceCodeVerifier: verifier, expectedState: 'client-state' };
  const tokens = await openid.authorizationCodeGrant(
    known,
    new URL(`${REDIRECT_URI}?${end.toString()}`),
    checks,
    undefined,
    { DPoP },
  );
  expect(tokens.token_type).toBe('dpop');
  const renewed = await openid.refreshTokenGrant(known, tokens.refresh_token ?? '', undefined, { DPoP });
  for (const token of [tokens.access_token, renewed.access_token])
    expect(decodeJwt(token)['cnf']).toEqual({ jkt: await DPoP.calculateThumbprint() });
});

test('who brings no proof gets what they always got', async () => {
  const answer = await client.redeemed(await client.codeFor(), undefined);
  expect([answer.status, answer.body['token_type'], boundTo(answer)]).toEqual([200, 'Bearer', undefined]);
  expect(answer.headers.get('dpop-nonce')).toBeNull();
});

describe('a stolen refresh token of a public client', () => {
  test('is worth nothing without the key, and whoever has the key goes on', async () => {
    const first = await client.redeemed(await client.codeFor(), await key.proof(client.tokenEndpoint));
    expect([first.status, boundTo(first)]).toEqual([200, key.thumbprint]);
    const token = first.body['refresh_token'];
    const thief = await ClientKey.make();
    for (const proof of [undefined, await thief.proof(client.tokenEndpoint)])
      expect((await client.refreshed(token, proof, replica)).body).toMatchObject({ error: 'invalid_grant' });
    const second = await client.refreshed(token, await key.proof(client.tokenEndpoint), replica);
    expect([second.status, boundTo(second)]).toEqual([200, key.thumbprint]);
    // The successor is bound as well.
    expect((await client.refreshed(second.body['refresh_token'], undefined)).body).toMatchObject({
      error: 'invalid_grant',
    });
    const third = await client.refreshed(second.body['refresh_token'], await key.proof(client.tokenEndpoint));
    expect(third.status).toBe(200);
  });
});

describe('a code that its client bound to a key (dpop_jkt)', () => {
  test('is worth nothing without the key, and is not used up by who tries', async () => {
    const code = await client.codeFor({ dpop_jkt: key.thumbprint });
    const thief = await ClientKey.make();
    for (const proof of [undefined, await thief.proof(client.tokenEndpoint)])
      expect((await client.redeemed(code, proof)).body).toMatchObject({ error: 'invalid_grant' });
    const answer = await client.redeemed(code, await key.proof(client.tokenEndpoint));
    expect([answer.status, boundTo(answer)]).toEqual([200, key.thumbprint]);
  });

  test('also when it was pushed with a proof alone', async () => {
    const verifier = randomToken();
    const fields = authorizationRequest(service, clientId, verifier);
    const proof = await key.proof(`${service.issuer}/oauth/par`);
    const pushed = await postForm(service, '/oauth/par', fields, { dpop: proof });
    const url = new URL('/oauth/authorize', service.issuer);
    url.searchParams.set('client_id', clientId);
    url.searchParams.set('request_uri', String(pushed.body['request_uri']));
    const code = await client.codeAt(url.href, verifier);
    expect((await client.redeemed(code, undefined)).body).toMatchObject({ error: 'invalid_grant' });
    expect(boundTo(await client.redeemed(code, await key.proof(client.tokenEndpoint)))).toBe(key.thumbprint);
  });
});

describe('where proofs need a nonce', () => {
  test('a client is told one, which every replica takes, and neither its code nor its token is used up', async () => {
    const requestProtection = {
      ...service.config.requestProtection,
      dpop: { boundAccessTokens: 'optional', nonces: 'required' },
    } as const;
    const { issuer } = service;
    const first = await world.startAnother({ issuer, requestProtection });
    const second = await world.startAnother({ issuer, requestProtection });
    const code = await client.codeFor();
    const told = await client.redeemed(code, await key.proof(client.tokenEndpoint), first);
    expect([told.status, told.body['error']]).toEqual([400, 'use_dpop_nonce']);
    const nonce = told.headers.get('dpop-nonce') ?? '';
    expect(nonce).not.toBe('');
    const tokens = await client.redeemed(code, await key.proof(client.tokenEndpoint, { nonce }), second);
    expect([tokens.status, boundTo(tokens)]).toEqual([200, key.thumbprint]);
    const { refresh_token: token } = tokens.body;
    expect((await client.refreshed(token, await key.proof(client.tokenEndpoint), second)).body).toMatchObject(
      {
        error: 'use_dpop_nonce',
      },
    );
    expect(
      (await client.refreshed(token, await key.proof(client.tokenEndpoint, { nonce }), first)).status,
    ).toBe(200);
    await Promise.all([first.close(), second.close()]);
  });
});

describe('where tokens must be bound', () => {
  test('for one client, which registered so, none is issued without a proof, and its code is not used up', async () => {
    const id = await service.register({ dpop_bound_access_tokens: true });
    const strict = new BoundClient(service, id);
    const code = await strict.codeFor();
    expect((await strict.redeemed(code, undefined)).body).toMatchObject({ error: 'invalid_grant' });
    const answer = await strict.redeemed(code, await key.proof(client.tokenEndpoint));
    expect([answer.status, boundTo(answer)]).toEqual([200, key.thumbprint]);
  });

  test('for every client, because the configuration says so, also those that registered before', async () => {
    const dpop = { boundAccessTokens: 'required', nonces: 'optional' } as const;
    const another = await world.startAnother({
      issuer: service.issuer,
      requestProtection: { ...service.config.requestProtection, dpop },
    });
    const code = await client.codeFor();
    expect((await client.redeemed(code, undefined, another)).body).toMatchObject({ error: 'invalid_grant' });
    const answer = await client.redeemed(code, await key.proof(client.tokenEndpoint), another);
    expect(boundTo(answer)).toBe(key.thumbprint);
    await another.close();
  });
});

test('a page of another site may send a proof, and read the nonce', async () => {
  const origin = 'https://inspector.example';
  const preflight = await fetch(`${service.local}/oauth/token`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop' },
  });
  expect(preflight.headers.get('access-control-allow-headers')).toContain('dpop');
  expect(preflight.headers.get('access-control-expose-headers')).toContain('dpop-nonce');
});
