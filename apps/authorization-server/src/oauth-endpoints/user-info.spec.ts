import 'reflect-metadata';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Database } from '@gatehouse/persistence/database';
import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import * as openid from 'openid-client';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import type { TestService, TokenAnswer } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  replica = await world.startAnother({ issuer: service.issuer });
});

afterEach(() => {
  jest.restoreAllMocks();
});

let people = 0;

interface SignedIn {
  readonly clientId: string;
  readonly answer: TokenAnswer;
  readonly accessToken: string;
  readonly login: string;
}

async function signedIn(scope = 'openid profile email offline_access'): Promise<SignedIn> {
  const clientId = await service.register();
  const { url, verifier } = service.authorizeUrl(clientId, { scope });
  const login = `known-${(people += 1)}`;
  const result = await service.signIn(service.browser(), url, login);
  const answer = await service.redeem(clientId, result.get('code') ?? '', verifier);
  return { clientId, answer, accessToken: answer.access_token ?? '', login };
}

const ask = async (
  init: RequestInit & { readonly query?: string } = {},
  at: TestService = replica,
): Promise<Response> => await fetch(`${at.local}/oauth/userinfo${init.query ?? ''}`, init);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('whoever has a token with openid is told what is kept of its person', () => {
  // OpenID Connect Core, section 5.3.
  test('by a client that nobody here wrote: the same sub as in the id_token', async () => {
    const { clientId, answer, accessToken, login } = await signedIn();
    const client = await openid.discovery(new URL(service.issuer), clientId, undefined, openid.None(), {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
      execute: [openid.allowInsecureRequests],
    });
    const sub = String(decodeJwt(answer.id_token ?? '').sub);
    expect(await openid.fetchUserInfo(client, accessToken, sub)).toEqual({
      sub,
      name: `Name of acme-sso.example-${login}`,
    });
  });

  test('no more than its scopes say', async () => {
    const claimsWith = async (scope: string): Promise<unknown> => {
      const { accessToken } = await signedIn(scope);
      await world.rows.query({
        name: 'give-mail',
        text: 'update accounts set email = $2 where id = $1',
        values: [decodeJwt(accessToken).sub, 'person@acme.example'],
      });
      return await (await ask({ headers: bearer(accessToken) })).json();
    };
    expect(await claimsWith('openid')).toEqual({ sub: expect.any(String) });
    expect(await claimsWith('openid email')).toEqual({
      sub: expect.any(String),
      email: 'person@acme.example',
    });
    expect(await claimsWith('openid profile')).toEqual({ sub: expect.any(String), name: expect.any(String) });
  });

  // Section 5.3.1; RFC 6750, sections 2.1 and 2.2.
  test('by GET, by POST, and by a form', async () => {
    const { accessToken } = await signedIn();
    const answers = [
      await ask({ headers: bearer(accessToken) }),
      await ask({ headers: { authorization: `bearer ${accessToken}` } }),
      await ask({ method: 'POST', headers: bearer(accessToken) }),
      await ask({ method: 'POST', body: new URLSearchParams({ access_token: accessToken }) }),
    ];
    const { sub } = decodeJwt(accessToken);
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(await answer.json()).toMatchObject({ sub });
    }
  });
});

// RFC 6750, section 3.
describe('refused', () => {
  const challengeOf = async (answer: Response): Promise<unknown[]> => [
    answer.status,
    answer.headers.get('www-authenticate'),
    await answer.text(),
  ];

  test('without a token: how to show one, and no error', async () => {
    const challenge = [401, `Bearer realm="${service.issuer}"`, ''];
    expect(await challengeOf(await ask())).toEqual(challenge);
    expect(await challengeOf(await ask({ headers: { authorization: 'Basic eDp5' } }))).toEqual(challenge);
    const { accessToken } = await signedIn();
    // Section 2.3: addresses are kept in logs.
    expect(await challengeOf(await ask({ query: `?access_token=${accessToken}` }))).toEqual(challenge);
  });

  test('two tokens, or what is none', async () => {
    const { accessToken } = await signedIn();
    const body = new URLSearchParams({ access_token: accessToken });
    const twice = new URLSearchParams([...body, ...body]);
    for (const answer of [
      await ask({ method: 'POST', headers: bearer(accessToken), body }),
      await ask({ method: 'POST', body: twice }),
      await ask({ headers: { authorization: 'Bearer' } }),
      await ask({ headers: { authorization: 'Bearer a b' } }),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_request"');
      expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
    }
  });

  test('a token of somebody else, one that is changed, an id_token, an opaque one', async () => {
    const { answer, accessToken } = await signedIn();
    const [head = '', body = '', signature = ''] = accessToken.split('.');
    const { privateKey } = await generateKeyPair('ES256');
    const forged = await new SignJWT(decodeJwt(accessToken))
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .sign(privateKey);
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    for (const token of [
      `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      `${unsigned}.${body}.`,
      forged,
      answer.id_token ?? '',
      answer.refresh_token ?? '',
    ]) {
      const refused = await ask({ headers: bearer(token) });
      expect([refused.status, await refused.json()]).toMatchObject([401, { error: 'invalid_token' }]);
      expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });

  test('a token without openid, and the challenge names the scope', async () => {
    const { accessToken } = await signedIn('profile offline_access');
    const refused = await ask({ headers: bearer(accessToken) });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toMatch(/error="insufficient_scope".*scope="openid"/);
  });

  test('a revoked token, at once and at every replica', async () => {
    const { clientId, answer, accessToken } = await signedIn();
    expect((await ask({ headers: bearer(accessToken) })).status).toBe(200);
    await fetch(`${service.local}/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token: answer.refresh_token ?? '', client_id: clientId }),
    });
    for (const at of [service, replica])
      expect((await ask({ headers: bearer(accessToken) }, at)).status).toBe(401);
  });

  test('a token for what is no resource here any more', async () => {
    const { accessToken } = await signedIn();
    const [, octo = ''] = service.config.resourceUrls;
    const later = await world.startAnother({
      issuer: service.issuer,
      resourceUrl: octo,
      resourceUrls: [octo],
    });
    expect((await ask({ headers: bearer(accessToken) }, later)).status).toBe(401);
    await later.close();
  });
});

test('pages of listed origins may read it, and no others', async () => {
  const { accessToken } = await signedIn();
  const originAllowed = async (origin: string): Promise<string | null> =>
    (await ask({ headers: { ...bearer(accessToken), origin } })).headers.get('access-control-allow-origin');
  expect(await originAllowed('https://inspector.example')).toBe('https://inspector.example');
  expect(await originAllowed('https://evil.example')).toBeNull();
  const preflight = { method: 'OPTIONS', headers: { origin: 'https://inspector.example' } };
  expect((await ask(preflight)).status).toBe(204);
});

test('an outage is none of the token’s: 503, and nobody signs out', async () => {
  const { accessToken } = await signedIn();
  const away = Object.assign(new Error('the database is away'), { code: 'ECONNREFUSED' });
  jest.spyOn(replica.app.get(Database), 'query').mockRejectedValue(away);
  const answer = await ask({ headers: bearer(accessToken) });
  expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toMatchObject([
    503,
    '2',
    { error: 'temporarily_unavailable' },
  ]);
});

// OpenID Connect Discovery, section 3: the condition of the module oidcc-discovery-endpoint-verification.
test('it is announced where openid is a scope, and is there only then', async () => {
  const configuration = `${service.issuer}/.well-known/openid-configuration`;
  expect(await (await fetch(configuration)).json()).toMatchObject({
    userinfo_endpoint: `${service.issuer}/oauth/userinfo`,
  });
  const without = await world.startAnother({ scopesSupported: ['offline_access'], baselineClientScopes: [] });
  expect((await ask({}, without)).status).toBe(404);
  const metadata = await fetch(`${without.local}/.well-known/oauth-authorization-server`);
  expect(await metadata.json()).not.toHaveProperty('userinfo_endpoint');
  await without.close();
});
