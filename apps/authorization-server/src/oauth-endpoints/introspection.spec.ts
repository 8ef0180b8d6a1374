import 'reflect-metadata';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { Database } from '@gatehouse/persistence/database';
import { until } from '@gatehouse/testing/until';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from '../testing/test-service.js';

const SECRET = 'a-secret-of-a-client-that-asks-about-tokens';
const SIGNED = 'application/token-introspection+jwt';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;

/** An API that asks about tokens for `octo`, one that asks about its own alone, and one that may not ask. */
shareWorld(startServiceWorld, async (started) => {
  world = started;
  const client = { redirectUris: [REDIRECT_URI], clientSecret: new Secret(SECRET) };
  const { clientRegistration, resourceUrls } = started.service.config;
  const registration = {
    ...clientRegistration,
    clients: [
      {
        ...client,
        clientId: 'octo-api',
        clientName: 'API',
        introspection: { resources: [resourceUrls[1] ?? ''] },
      },
      { ...client, clientId: 'own', clientName: 'Own', introspection: { resources: [] } },
      { ...client, clientId: 'not-allowed', clientName: 'Not allowed' },
    ],
  };
  service = await world.startAnother({ clientRegistration: registration });
  replica = await world.startAnother({ issuer: service.issuer, clientRegistration: registration });
});

afterEach(() => {
  jest.restoreAllMocks();
});

const basic = (id: string, secret = SECRET) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

const ask = async (
  who: string,
  token: string,
  more: { readonly accept?: string; readonly hint?: string; readonly secret?: string } = {},
): Promise<Response> =>
  await fetch(`${replica.local}/oauth/introspect`, {
    method: 'POST',
    headers: { ...basic(who, more.secret), ...(more.accept === undefined ? {} : { accept: more.accept }) },
    body: new URLSearchParams({
      token,
      ...(more.hint === undefined ? {} : { token_type_hint: more.hint }),
    }),
  });

const told = async (...question: Parameters<typeof ask>): Promise<unknown> => {
  const response = await ask(...question);
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return await response.json();
};

let people = 0;

/** At a client that registers. */
async function signedIn(part: 'octo' | 'all'): Promise<TokenAnswer> {
  const id = await service.register();
  const resource = service.config.resourceUrls[part === 'octo' ? 1 : 0] ?? '';
  const { url, verifier } = service.authorizeUrl(id, { resource });
  const result = await service.signIn(service.browser(), url, `asked-${(people += 1)}`);
  return await service.token({
    grant_type: 'authorization_code',
    client_id: id,
    code: result.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
  });
}

/** At a client of the configuration. */
async function signedInAs(clientId: string): Promise<TokenAnswer> {
  const resource = service.config.resourceUrls[0] ?? '';
  const { url, verifier } = service.authorizeUrl(clientId, { resource });
  const result = await service.signIn(service.browser(), url, `asked-${(people += 1)}`);
  const response = await fetch(`${service.local}/oauth/token`, {
    method: 'POST',
    headers: basic(clientId),
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: result.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    }),
  });
  return { ...((await response.json()) as TokenAnswer), status: response.status };
}

// RFC 7662, section 2.2.
describe('an API that the configuration names asks about a token that is meant for it', () => {
  test('and is told what the token says', async () => {
    const { access_token: token = '' } = await signedIn('octo');
    expect(await told('octo-api', token)).toEqual({
      ...decodeJwt(token),
      active: true,
      token_type: 'Bearer',
    });
    expect(await told('octo-api', token, { hint: 'access_token' })).toMatchObject({ active: true });
    expect(await told('octo-api', token, { hint: 'refresh_token' })).toMatchObject({ active: true });
  });

  test('by a client that nobody here wrote', async () => {
    const { access_token: token = '' } = await signedIn('octo');
    const client = await openid.discovery(
      new URL(service.issuer),
      'octo-api',
      undefined,
      openid.ClientSecretBasic(SECRET),
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
      { execute: [openid.allowInsecureRequests] },
    );
    expect(await openid.tokenIntrospection(client, token)).toMatchObject({
      active: true,
      sub: decodeJwt(token).sub,
      aud: service.config.resourceUrls[1],
    });
  });

  test('nothing of a token for another resource, of nobody’s, of an id_token', async () => {
    const other = await signedIn('all');
    for (const token of [other.access_token ?? '', other.id_token ?? '', 'nonsense', 'a.b.c'])
      expect(await told('octo-api', token)).toEqual({ active: false });
  });

  test('nothing of a refresh token of another client, and does not use it up', async () => {
    const clientId = await service.register();
    const { url, verifier } = service.authorizeUrl(clientId);
    const result = await service.signIn(service.browser(), url, `asked-${(people += 1)}`);
    const { refresh_token: token = '' } = await service.redeem(clientId, result.get('code') ?? '', verifier);
    expect(await told('octo-api', token)).toEqual({ active: false });
    expect((await service.refresh(clientId, token)).status).toBe(200);
  });

  test('nothing any more from the revocation on, at every replica', async () => {
    const { access_token: token = '' } = await signedIn('octo');
    expect(await told('octo-api', token)).toMatchObject({ active: true });
    const clientId = String(decodeJwt(token)['client_id']);
    await fetch(`${service.local}/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token, client_id: clientId }),
    });
    expect(await told('octo-api', token)).toEqual({ active: false });
  });
});

test('no token is active whose time is over by the clock of whoever asks', async () => {
  const { clientRegistration, tokenLifespans } = service.config;
  const brief = await world.startAnother({
    issuer: service.issuer,
    clientRegistration,
    tokenLifespans: { ...tokenLifespans, accessTokenLifespanMs: 2_000 },
  });
  const clientId = await service.register();
  const resource = service.config.resourceUrls[1] ?? '';
  const { url, verifier } = service.authorizeUrl(clientId, { resource });
  const result = await service.signIn(service.browser(), url, `asked-${(people += 1)}`);
  const { access_token: token = '' } = await brief.token({
    grant_type: 'authorization_code',
    client_id: clientId,
    code: result.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
  });
  const endMs = Number(decodeJwt(token).exp) * 1_000;
  let answer: unknown;
  // With a pause between the questions: a fast machine would come upon the limit of requests.
  await until(async () => {
    const askedAtMs = Date.now();
    answer = await told('octo-api', token);
    return JSON.stringify(answer) === '{"active":false}' || askedAtMs > endMs;
  });
  expect([answer, endMs - Date.now() <= 0]).toEqual([{ active: false }, true]);
  await brief.close();
});

describe('a client asks about its own tokens', () => {
  test('access and refresh token, whatever it hints', async () => {
    const { access_token: access = '', refresh_token: refresh = '' } = await signedInAs('own');
    for (const hint of [undefined, 'access_token', 'refresh_token', 'made_up']) {
      const more = hint === undefined ? {} : { hint };
      expect(await told('own', access, more)).toMatchObject({ active: true, client_id: 'own' });
      const answer = await told('own', refresh, more);
      expect(answer).toMatchObject({ active: true, client_id: 'own', sub: decodeJwt(access).sub });
      expect(JSON.stringify(answer)).not.toContain(refresh);
    }
    expect(await told('own', (await signedIn('all')).access_token ?? '')).toEqual({ active: false });
  });

  test('a used refresh token is none, and asking about it raises no alarm', async () => {
    const { refresh_token: first = '' } = await signedInAs('own');
    const response = await fetch(`${service.local}/oauth/token`, {
      method: 'POST',
      headers: basic('own'),
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: first }),
    });
    const { refresh_token: second = '' } = (await response.json()) as TokenAnswer;
    expect(await told('own', first)).toEqual({ active: false });
    expect(await told('own', second)).toMatchObject({ active: true });
  });
});

describe('whoever may not ask learns nothing', () => {
  test('a client of the configuration that it does not let ask', async () => {
    const { access_token: token = '' } = await signedInAs('not-allowed');
    for (const asked of [token, 'nonsense']) {
      const response = await ask('not-allowed', asked);
      expect([response.status, await response.json()]).toMatchObject([400, { error: 'unauthorized_client' }]);
    }
  });

  test('a client that registered by itself, with a secret, about its own token', async () => {
    const registered = (await service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'client_secret_basic',
    })) as { readonly client_id: string; readonly client_secret: string };
    const response = await ask(registered.client_id, 'x', { secret: registered.client_secret });
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'unauthorized_client' }]);
  });

  test('a wrong secret, no client, a public client (RFC 7662, section 2.1)', async () => {
    const { access_token: token = '' } = await signedIn('octo');
    const wrong = await ask('octo-api', token, { secret: 'wrong' });
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { error: 'invalid_client' }]);
    const post = async (fields: Readonly<Record<string, string>>): Promise<[number, unknown]> => {
      const response = await fetch(`${service.local}/oauth/introspect`, {
        method: 'POST',
        body: new URLSearchParams(fields),
      });
      return [response.status, await response.json()];
    };
    expect(await post({ token })).toMatchObject([401, { error: 'invalid_client' }]);
    expect(await post({ token, client_id: 'octo-api' })).toMatchObject([401, { error: 'invalid_client' }]);
    const clientId = await service.register();
    expect(await post({ token, client_id: clientId })).toMatchObject([400, { error: 'unauthorized_client' }]);
  });
});

// RFC 9701, section 5.
describe('an answer that is signed', () => {
  test('names its server and its reader, and is no token', async () => {
    const { access_token: token = '' } = await signedIn('octo');
    const response = await ask('octo-api', token, { accept: SIGNED });
    expect(response.headers.get('content-type')).toContain(SIGNED);
    const answer = await response.text();
    const keys = createRemoteJWKSet(new URL(`${replica.local}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(answer, keys, {
      issuer: service.issuer,
      audience: 'octo-api',
      typ: 'token-introspection+jwt',
    });
    expect(protectedHeader.alg).toBe('RS256');
    expect(Object.keys(payload).sort()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
    expect(payload['token_introspection']).toMatchObject({ active: true, sub: decodeJwt(token).sub });
    // Nor is it one at any door of ours.
    const shown = await fetch(`${replica.local}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${answer}` },
    });
    expect(shown.status).toBe(401);
    expect(await told('octo-api', answer)).toEqual({ active: false });
  });

  test('says no more of a token that is none', async () => {
    const response = await ask('octo-api', 'nonsense', { accept: SIGNED });
    const answer = await response.text();
    expect(decodeProtectedHeader(answer).typ).toBe('token-introspection+jwt');
    expect(decodeJwt(answer)['token_introspection']).toEqual({ active: false });
  });
});

test('an outage says nothing about the token: 503', async () => {
  const { access_token: token = '' } = await signedIn('octo');
  const away = Object.assign(new Error('the database is away'), { code: 'ECONNREFUSED' });
  jest.spyOn(replica.app.get(Database), 'query').mockRejectedValue(away);
  const response = await ask('octo-api', token);
  expect([response.status, await response.json()]).toMatchObject([503, { error: 'temporarily_unavailable' }]);
});

test('the metadata names the endpoint where somebody may ask, and there is none elsewhere', async () => {
  const metadata = async (at: TestService): Promise<unknown> =>
    await (await fetch(`${at.local}/.well-known/oauth-authorization-server`)).json();
  expect(await metadata(service)).toMatchObject({
    introspection_endpoint: `${service.issuer}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
    ],
    introspection_signing_alg_values_supported: ['RS256'],
  });
  const without = world.service;
  for (const member of Object.keys((await metadata(without)) as object))
    expect(member).not.toMatch(/^introspection/);
  const response = await fetch(`${without.local}/oauth/introspect`, { method: 'POST' });
  expect(response.status).toBe(404);
});
