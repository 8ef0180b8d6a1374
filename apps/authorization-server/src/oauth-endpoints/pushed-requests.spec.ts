import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { randomToken } from '@gatehouse/kernel/ids';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { authorizationRequest, asserted, ClientKey, postForm } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName, type Answer } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';
import { SILENT } from './silent-requests.js';

/** Pushed authorization requests (RFC 9126). */

let world: ServiceWorld;
let service: TestService;
let replica: TestService;
let clientId: string;

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  replica = await world.startAnother({ issuer: service.issuer });
  clientId = await service.register();
});

interface Pushed {
  readonly uri: string;
  readonly verifier: string;
}

async function pushed(change: Readonly<Record<string, string>> = {}, at = service): Promise<Pushed> {
  const verifier = randomToken();
  const answer = await postForm(at, '/oauth/par', authorizationRequest(service, clientId, verifier, change));
  expect([answer.status, answer.body['error_description']]).toEqual([201, undefined]);
  expect(answer.body['expires_in']).toBe(60);
  return { uri: String(answer.body['request_uri']), verifier };
}

function begun(uri: string, change: Readonly<Record<string, string>> = {}): string {
  const url = new URL('/oauth/authorize', service.issuer);
  for (const [name, value] of Object.entries({ client_id: clientId, request_uri: uri, ...change }))
    url.searchParams.set(name, value);
  return url.href;
}

let people = 0;
const login = (): string => `pusher-${(people += 1)}`;

test('a client that nobody here wrote pushes at one replica, and is sent on by another', async () => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const options = { execute: [openid.allowInsecureRequests] };
  const client = await openid.discovery(new URL(service.issuer), clientId, undefined, openid.None(), options);
  expect(client.serverMetadata()).toMatchObject({
    pushed_authorization_request_endpoint: `${service.issuer}/oauth/par`,
  });
  expect(client.serverMetadata().require_pushed_authorization_requests).toBeUndefined();
  const verifier = openid.randomPKCECodeVerifier();
  const url = await openid.buildAuthorizationUrlWithPAR(
    client,
    authorizationRequest(service, clientId, verifier),
  );
  expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
  const browser = service.browser().through(replica.local);
  const parameters = await service.signIn(browser, url.href, login());
  const tokens = await openid.authorizationCodeGrant(
    client,
    new URL(`${REDIRECT_URI}?${parameters.toString()}`),
    { pkceCodeVerifier: verifier, expectedState: 'client-state', idTokenExpected: true },
  );
  expect(tokens.scope).toBe('openid offline_access');
  expect(decodeJwt(tokens.access_token)['aud']).toBe(service.config.resourceUrl);
});

describe('a request_uri is good for one sign-in', () => {
  test('however many were begun with it: the second one to finish is refused, at another replica', async () => {
    const { uri, verifier } = await pushed();
    const [first, second] = [service.browser(), service.browser().through(replica.local)];
    const waiting = await second.follow(await second.get(begun(uri)));
    expect(pageName(waiting)).toBe('consent');
    const used = await service.signIn(first, begun(uri), login());
    expect((await service.redeem(clientId, used.get('code') ?? '', verifier)).status).toBe(200);
    const refused = await finished(second, waiting);
    expect(refused.get('error')).toBe('invalid_request_uri');
    expect(refused.get('code')).toBeNull();
  });

  test('two that finish at the same moment at two replicas: one gets a code', async () => {
    const { uri } = await pushed();
    const browsers = [service.browser(), service.browser().through(replica.local)];
    const waiting = await Promise.all(
      browsers.map(async (browser) => await browser.follow(await browser.get(begun(uri)))),
    );
    const ends = await Promise.all(
      browsers.map(async (browser, index) => await finished(browser, waiting[index] as Answer)), // one each
    );
    expect(ends.map((end) => end.get('code') !== null).sort()).toEqual([false, true]);
  });

  test('and a reload of its beginning uses nothing up', async () => {
    const { uri, verifier } = await pushed();
    // Four beginnings may take longer than a minute here.
    await world.rows.query({
      name: 'prolong-pushed',
      text: `update oidc_records set expires_at = now() + interval '1 day',
        payload = jsonb_set(payload, '{exp}', to_jsonb((payload->>'exp')::bigint + 86400))
        where model = 'PushedAuthorizationRequest'`,
    });
    const browser = service.browser();
    for (let time = 0; time < 3; time += 1)
      expect(pageName(await browser.follow(await browser.get(begun(uri))))).toBe('consent');
    const end = await service.signIn(browser, begun(uri), login());
    expect((await service.redeem(clientId, end.get('code') ?? '', verifier)).status).toBe(200);
  });

  test('also when its person takes longer than it is good for', async () => {
    const { uri } = await pushed();
    const [first, second] = [service.browser(), service.browser()];
    const waiting = await Promise.all(
      [first, second].map(async (browser) => await browser.follow(await browser.get(begun(uri)))),
    );
    await expire();
    expect((await finished(first, waiting[0] as Answer)).get('code')).not.toBeNull();
    expect((await finished(second, waiting[1] as Answer)).get('error')).toBe('invalid_request_uri');
  });

  test('and a sign-in whose request nobody remembers gets no code', async () => {
    const { uri } = await pushed();
    const browser = service.browser();
    const waiting = await browser.follow(await browser.get(begun(uri)));
    await world.rows.query({
      name: 'forget-pushed',
      text: `delete from oidc_records where model = 'PushedAuthorizationRequest'`,
    });
    expect((await finished(browser, waiting)).get('error')).toBe('invalid_request_uri');
  });
});

/** Goes from the approval to the end. */
async function finished(browser: ReturnType<TestService['browser']>, page: Answer): Promise<URLSearchParams> {
  const name = login();
  let at = await browser.decide(page, 'approve');
  for (let step = 0; step < 10; step += 1) {
    if (at.location?.startsWith(REDIRECT_URI) === true) return new URL(at.location).searchParams;
    if (at.status === 302)
      at = await service.answerLeg(browser, at, { code: `${new URL(at.location ?? '').hostname}-${name}` });
    else at = await browser.decide(at, at.body.includes('value="approve"') ? 'approve' : 'continue');
  }
  throw new Error(`no end of the sign-in: ${at.status} ${at.url}`);
}

/** As if a minute had passed. */
async function expire(): Promise<void> {
  await world.rows.query({
    name: 'expire-pushed',
    text: `update oidc_records set payload = jsonb_set(payload, '{exp}', to_jsonb(1))
      where model = 'PushedAuthorizationRequest'`,
  });
}

describe('an attack with a request_uri', () => {
  const refusedAtOnce = async (url: string): Promise<void> => {
    const browser = service.browser();
    const answer = await browser.follow(await browser.get(url));
    expect([answer.status, pageName(answer)]).not.toEqual([200, 'consent']);
    expect(answer.location ?? '').not.toContain('code=');
  };

  test('one that has expired is refused', async () => {
    const { uri } = await pushed();
    await expire();
    await refusedAtOnce(begun(uri));
  });

  test('one of another client is refused', async () => {
    const { uri } = await pushed();
    await refusedAtOnce(begun(uri, { client_id: await service.register() }));
  });

  test.each([
    'urn:ietf:params:oauth:request_uri:made-up',
    'https://evil.example/request',
    'http://127.0.0.1:1/',
  ])('one that nobody pushed is refused, and nothing is fetched: %s', async (uri) => {
    await refusedAtOnce(begun(uri));
  });

  test('a mark that is ours alone is not pushed', async () => {
    const { uri } = await pushed({ [SILENT]: '1' });
    const browser = service.browser();
    expect(pageName(await browser.follow(await browser.get(begun(uri))))).toBe('consent');
  });

  test('what stands beside it in the address counts for nothing', async () => {
    const { uri, verifier } = await pushed();
    const url = begun(uri, {
      redirect_uri: 'https://evil.example/callback',
      scope: 'openid profile email offline_access',
      state: 'of somebody else',
      code_challenge: 'A'.repeat(43),
      resource: 'http://localhost:9/mcp/octo',
    });
    const end = await service.signIn(service.browser(), url, login());
    expect(end.get('state')).toBe('client-state');
    const tokens = await service.redeem(clientId, end.get('code') ?? '', verifier);
    expect([tokens.status, tokens.scope]).toEqual([200, 'openid offline_access']);
  });
});

describe('a request is refused when it is pushed', () => {
  const refusal = async (change: Readonly<Record<string, string>>) => {
    const fields = authorizationRequest(service, clientId, randomToken(), change);
    const { status, body } = await postForm(service, '/oauth/par', fields);
    return [status, body['error']];
  };

  test.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'to a place that is not registered',
      { redirect_uri: 'https://evil.example/callback' },
      'invalid_request',
    ],
    ['for a resource that is not here', { resource: 'https://evil.example/mcp' }, 'invalid_target'],
    ['without S256', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['with another request_uri in it', { request_uri: 'urn:x' }, 'request_uri_not_supported'],
    ['for another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['with an answer in the fragment', { response_mode: 'fragment' }, 'unsupported_response_mode'],
    ['with an answer by form', { response_mode: 'form_post' }, 'unsupported_response_mode'],
  ])('%s', async (_what, change, error) => {
    expect(await refusal(change)).toEqual([400, error]);
  });

  test('by somebody who only knows the id of a client with a secret', async () => {
    const confidential = await service.register({ token_endpoint_auth_method: 'client_secret_post' });
    expect(await refusal({ client_id: confidential })).toEqual([401, 'invalid_client']);
  });

  test('by nobody', async () => {
    expect(await postForm(service, '/oauth/par', { response_type: 'code' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  });

  test('with an assertion that was used', async () => {
    const key = await ClientKey.make();
    const id = await service.register({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
    });
    const fields = {
      ...authorizationRequest(service, id, randomToken()),
      ...asserted(await key.assertion(id, `${service.issuer}/oauth/par`)),
    };
    expect((await postForm(service, '/oauth/par', fields)).status).toBe(201);
    expect(await postForm(replica, '/oauth/par', fields)).toMatchObject({
      body: { error: 'invalid_client' },
    });
  });
});

test('a resource that is spelled otherwise, and scopes that nobody knows, are put right as in an address', async () => {
  const { uri, verifier } = await pushed({
    resource: `${service.config.resourceUrl.replace('http:', 'HTTP:')}/`,
    scope: 'openid vendorscope',
  });
  const end = await service.signIn(service.browser(), begun(uri), login());
  const tokens = await service.redeem(clientId, end.get('code') ?? '', verifier);
  expect([tokens.status, tokens.scope]).toEqual([200, 'openid']);
});

describe('where requests must be pushed', () => {
  const plainIsRefused = async (at: TestService, id: string): Promise<void> => {
    const browser = at.browser();
    const answer = await browser.follow(await browser.get(at.authorizeUrl(id).url));
    const { searchParams } = new URL(answer.location ?? '');
    expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['invalid_request', null]);
  };

  test('by one client, which registered so, another request of it is refused', async () => {
    const strict = await service.register({ require_pushed_authorization_requests: true });
    await plainIsRefused(service, strict);
    const fields = authorizationRequest(service, strict, randomToken());
    const { body } = await postForm(service, '/oauth/par', fields);
    const url = begun(String(body['request_uri']), { client_id: strict });
    expect((await service.signIn(service.browser(), url, login())).get('code')).not.toBeNull();
  });

  test('by every client, because the configuration says so', async () => {
    const another = await world.startAnother({
      requestProtection: { ...service.config.requestProtection, pushedAuthorizationRequests: 'required' },
    });
    const document = await (await fetch(`${another.local}/.well-known/oauth-authorization-server`)).json();
    expect(document).toMatchObject({ require_pushed_authorization_requests: true });
    // Also for those that registered before.
    await plainIsRefused(another, clientId);
    await another.close();
  });
});

describe('a page of another site', () => {
  const push = async (origin: string) =>
    await postForm(service, '/oauth/par', authorizationRequest(service, clientId, randomToken()), { origin });

  test('reads the answer where its origin is allowed, and not elsewhere', async () => {
    const allowed = await push('https://inspector.example');
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://inspector.example');
    const refused = await push('https://evil.example');
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('a request that is too long to come by an address is not kept: it would take the room of sign-ins under way', async () => {
  const change = { state: 'x'.repeat(50_000) };
  const form = authorizationRequest(service, clientId, randomToken(), change);
  const { status, body } = await postForm(service, '/oauth/par', form);
  expect([status, body['error']]).toEqual([400, 'invalid_request']);
  expect(body['request_uri']).toBeUndefined();
});

test('a request that nobody begins is kept for no longer than its request_uri is good for', async () => {
  await pushed();
  const { rows } = await world.rows.query<{ left: number }>({
    name: 'left-of-pushed',
    text: `select max(extract(epoch from expires_at - now()))::float as left from oidc_records
      where model = 'PushedAuthorizationRequest' and created_at = (
        select max(created_at) from oidc_records where model = 'PushedAuthorizationRequest')`,
  });
  expect(rows[0]?.left).toBeLessThan(120);
});
