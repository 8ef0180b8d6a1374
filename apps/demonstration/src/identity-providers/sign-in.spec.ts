import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Browser } from '../testing/browser.js';
import { basic, bearer, CALLBACK, postForm, TestWorld } from '../testing/test-world.js';

let world: TestWorld;
beforeAll(async () => {
  world = await TestWorld.start('--only', 'acme-sso,octo');
});
afterAll(() => world.close());

describe('acme-sso', () => {
  test('a code flow gives an ID token and a signed access token for the Acme API', async () => {
    const { answer, pages, verifier } = await world.authorize(
      'acme-sso',
      { login: 'alice' },
      { params: { nonce: 'n1' } },
    );
    expect(pages).toEqual(['login', 'consent']);
    expect(answer.get('state')).toBe('state-of-the-test');
    expect(answer.get('iss')).toBe(world.urls['acme-sso']);
    const { body } = await world.token('acme-sso', {
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    });
    const person = { sub: 'acme-alice', name: 'Alice at Acme', email: 'alice@acme.example' };
    expect(decodeJwt(String(body['id_token']))).toMatchObject({
      ...person,
      preferred_username: 'alice',
      nonce: 'n1',
      aud: 'gatehouse',
    });
    const accessToken = String(body['access_token']);
    expect(decodeProtectedHeader(accessToken)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    expect(decodeJwt(accessToken)).toMatchObject({
      iss: world.urls['acme-sso'],
      aud: 'urn:acme:api',
      sub: person.sub,
    });
    expect(body['refresh_token']).toEqual(expect.any(String));
    const userinfo = await fetch(`${world.urls['acme-sso']}/userinfo`, { headers: bearer(accessToken) });
    expect(await userinfo.json()).toMatchObject(person);
  });

  test('a code request without PKCE is refused', async () => {
    const { answer } = await world.authorize(
      'acme-sso',
      { login: 'alice' },
      { params: { code_challenge: '', code_challenge_method: '' } },
    );
    expect(answer.get('error')).toBe('invalid_request');
  });

  test('a stolen code without its verifier gives nothing', async () => {
    const { answer } = await world.authorize('acme-sso', { login: 'alice' });
    const form = { grant_type: 'authorization_code', code: answer.get('code') ?? '', redirect_uri: CALLBACK };
    const { status } = await world.token('acme-sso', { ...form, code_verifier: 'x'.repeat(43) });
    expect(status).toBe(400);
  });

  test('a browser is remembered, prompt asks again, and another person can take over', async () => {
    const browser = new Browser();
    const visit = async (login: string, params = {}): Promise<readonly string[]> =>
      (await world.authorize('acme-sso', { login }, { browser, params })).pages;
    expect(await visit('alice')).toEqual(['login', 'consent']);
    expect(await visit('alice')).toEqual([]);
    expect(await visit('alice', { prompt: 'consent' })).toEqual(['consent']);
    expect(await visit('bob', { prompt: 'login' })).toEqual(['login', 'consent']);
  });

  test('a person who takes over a browser does not end the tokens of the one before', async () => {
    const browser = new Browser();
    const { answer, verifier } = await world.authorize('acme-sso', { login: 'carol' }, { browser });
    const { body } = await world.token('acme-sso', {
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    });
    await world.authorize('acme-sso', { login: 'dave' }, { browser, params: { prompt: 'login' } });
    expect((await world.refresh('acme-sso', String(body['refresh_token']))).status).toBe(200);
  });

  test('no answer to the consent question but Allow gives access', async () => {
    const { answer } = await world.authorize('acme-sso', { login: 'alice', consent: 'deny' });
    expect(answer.get('error')).toBe('access_denied');
  });

  test('a wrong password stays outside', async () => {
    const { answer, pages } = await world.authorize('acme-sso', { login: 'alice', password: 'guess' });
    expect(pages).toEqual(['login', 'login']);
    expect(answer.get('stopped')).toContain('role="alert"');
  });

  test('a login name cannot carry markup into the pages', async () => {
    const { answer } = await world.authorize(
      'acme-sso',
      { login: '"><script>alert(2)</script>', password: 'guess' },
      { params: { login_hint: '"><script>alert(1)</script>' } },
    );
    expect(answer.get('stopped')).toContain('&lt;script&gt;alert(2)');
    expect(answer.get('stopped')).not.toContain('<script>');
  });
});

describe('octo', () => {
  test('a code flow gives opaque tokens, no ID token and no issuer in the redirect', async () => {
    const { answer, verifier } = await world.authorize('octo', { login: 'alice' });
    expect(answer.has('iss')).toBe(false);
    const { body } = await world.token('octo', {
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    });
    expect(body).not.toHaveProperty('id_token');
    expect(String(body['access_token'])).not.toContain('.');
    const user = await fetch(`${world.urls.octo}/user`, { headers: bearer(String(body['access_token'])) });
    const person = { id: 'octo-alice', login: 'alice', name: 'Alice at Octo', email: 'alice@octo.example' };
    expect(await user.json()).toEqual(person);
  });

  test('a denied consent comes back without an issuer as well', async () => {
    const { answer } = await world.authorize('octo', { login: 'alice', consent: 'deny' });
    expect(answer.get('error')).toBe('access_denied');
    expect(answer.has('iss')).toBe(false);
  });

  test('offers no discovery document and no keys', async () => {
    for (const path of [
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/jwks',
    ])
      expect((await fetch(`${world.urls.octo}${path}`)).status).toBe(404);
  });

  test('introspection needs the client of the API, and says no more than inactive about the unknown', async () => {
    const { access_token: token } = await world.signIn('octo', 'alice');
    const ask = (secret: string, value: string) =>
      postForm(`${world.urls.octo}/login/oauth/introspect`, basic('repos-backend', secret), { token: value });
    expect((await ask('repos-backend-secret', token)).body).toMatchObject({
      active: true,
      sub: 'octo-alice',
      scope: 'repo read:user',
      client_id: 'gatehouse',
      iss: world.urls.octo,
    });
    expect((await ask('repos-backend-secret', 'unknown')).body).toEqual({ active: false });
    expect((await ask('wrong', token)).status).toBe(401);
  });
});
