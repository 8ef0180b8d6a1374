import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { freePort } from '@gatehouse/testing/free-port';
import { flood } from '../testing/flood.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = world = started));

describe('behind an ingress, with an https issuer that has a path', () => {
  const issuer = 'https://auth.example/tenant';
  let local: string;
  let behind: TestService;

  beforeAll(async () => {
    const port = await freePort();
    local = `http://localhost:${port}`;
    behind = await world.startAnother(
      {
        issuer,
        authorizationEndpointBaseUrl: 'https://login.example',
        keyEncryptionKeys: service.config.keyEncryptionKeys,
        resourceIndicator: 'optional',
        trustedProxies: ['127.0.0.0/8', '::1'],
        clientRegistration: {
          ...service.config.clientRegistration,
          dynamic: 'initialAccessToken',
          initialAccessToken: new Secret('let-me-in'),
        },
      },
      { port },
    );
  });

  afterAll(async () => {
    await behind.close();
  });

  const documentPaths = [
    '/.well-known/oauth-authorization-server/tenant',
    '/tenant/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration/tenant',
    '/tenant/.well-known/openid-configuration',
  ];
  test.each(documentPaths)('metadata at %s: only authorization_endpoint is elsewhere', async (path) => {
    expect(await (await fetch(local + path)).json()).toMatchObject({
      issuer,
      authorization_endpoint: 'https://login.example/oauth/authorize',
      token_endpoint: `${issuer}/oauth/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      registration_endpoint: `${issuer}/oauth/register`,
    });
  });

  test('metadata is at no path of another issuer', async () => {
    for (const path of [
      '/.well-known/oauth-authorization-server/other',
      '/.well-known/openid-configuration/tenant/more',
      '/tenant/.well-known/openid-configuration/tenant',
    ])
      expect((await fetch(local + path)).status).toBe(404);
    expect((await fetch(`${local}/.well-known/openid-configuration/tenant/`)).status).toBe(200);
  });

  test('a request by a form goes on at the issuer’s host', async () => {
    const response = await fetch(`${local}/oauth/authorize`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ client_id: 'x', state: 's' }),
    });
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      'https://auth.example/tenant/oauth/begin?client_id=x&state=s',
    ]);
  });

  test('one caller that floods makes nobody else wait, although all come from the ingress', async () => {
    const askedBy = async (address: string): Promise<number> => {
      const headers = { 'x-forwarded-for': address };
      return (await fetch(`${local}/tenant/oauth/begin`, { redirect: 'manual', headers })).status;
    };
    expect(await flood(200, () => askedBy('192.0.2.7'))).toContain(429);
    expect(await askedBy('192.0.2.8')).toBe(400);
  });

  // RFC 7591, section 3.
  test('registration needs the initial access token', async () => {
    const register = async (headers: Readonly<Record<string, string>>): Promise<Response> =>
      await fetch(`${local}/tenant/oauth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ redirect_uris: [REDIRECT_URI] }),
      });
    expect((await register({})).status).toBe(401);
    expect((await register({ authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await register({ authorization: 'Bearer let-me-in' })).status).toBe(201);
  });

  test('cookies are secure and pinned to the host, redirects go to the issuer, and a resource may be left out', async () => {
    const { url } = service.authorizeUrl(await service.register(), { resource: undefined });
    const get = (path: string) => fetch(local + path, { redirect: 'manual' });
    const elsewhere = await get(`/oauth/authorize${new URL(url).search}`);
    expect(elsewhere.headers.getSetCookie()).toEqual([]);
    const [origin, begin] = (elsewhere.headers.get('location') ?? '').split(/(?=\/tenant)/);
    expect(origin).toBe('https://auth.example');
    const response = await get(begin ?? '');
    expect(response.headers.get('location')).toMatch(/^https:\/\/auth\.example\/tenant\/sign-in\//);
    const cookies = response.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies)
      expect(cookie).toMatch(/^__Host-[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/);
  });
});

describe('with authorizations at another host', () => {
  let port: number;
  let another: TestService;

  beforeAll(async () => {
    port = await freePort();
    const authorizationEndpointBaseUrl = `http://127.0.0.1:${port}/login`;
    another = await world.startAnother({ authorizationEndpointBaseUrl }, { port });
  });

  afterAll(async () => {
    await another.close();
  });

  test('a sign-in ends with tokens: its cookies are of the issuer’s host', async () => {
    const client = await another.register();
    const { url, verifier } = another.authorizeUrl(client);
    const begin = url.replace(/^.*(?=\/oauth\/authorize)/, `http://127.0.0.1:${port}/login`);
    const result = await another.signIn(another.browser(), begin, 'alice');
    expect((await another.redeem(client, result.get('code') ?? '', verifier)).status).toBe(200);
  });
});
