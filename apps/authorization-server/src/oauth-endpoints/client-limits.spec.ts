import 'reflect-metadata';
import { Secret } from '@gatehouse/kernel/secret';
import { HOUR_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import {
  asserted,
  authorizationRequest,
  ClientKey,
  postForm,
  type FormAnswer,
} from '../testing/proving-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/** What a client of the configuration gets at most (`limits`): two replicas, one with the limits of today and one with those of before. */

const SECRET = 'a-secret-of-a-client-that-has-limits';

let world: ServiceWorld;
/** With limits. */
let narrow: TestService;
/** Before there were any. */
let wide: TestService;
let key: ClientKey;
let whole: string;
let part: string;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  key = await ClientKey.make();
  const { clientRegistration, resourceUrls, scopesSupported, tokenLifespans } = started.service.config;
  [whole = '', part = ''] = resourceUrls;
  const own = { clientName: 'Limited', clientSecret: new Secret(SECRET) };
  const grant = { resources: [whole, part], scopes: ['tickets:read', 'tickets:write'] };
  const limits = {
    resources: [part],
    scopes: ['openid', 'tickets:read'],
    accessTokenLifespanMs: MINUTE_MS,
    refreshTokenLifespanMs: HOUR_MS,
  };
  const clients = (limited: object) => [
    { ...own, clientId: 'desk', redirectUris: [REDIRECT_URI], introspection: { resources: [] }, ...limited },
    { ...own, clientId: 'nightly', redirectUris: [], clientCredentials: grant, ...limited },
    {
      ...own,
      clientId: 'agent',
      redirectUris: [],
      tokenExchange: { ...grant, subjectClients: ['*'], actors: [], lifespanMs: HOUR_MS },
      ...limited,
    },
    { ...own, clientId: 'free', redirectUris: [REDIRECT_URI] },
    {
      clientId: 'signer',
      clientName: 'Signer',
      jwks: [key.publicJwk],
      redirectUris: [REDIRECT_URI],
      ...limited,
    },
  ];
  const overrides = {
    scopesSupported: [...scopesSupported, 'tickets:read', 'tickets:write'],
    tokenLifespans: {
      ...tokenLifespans,
      accessTokenLifespanMs: HOUR_MS,
      refreshTokenLifespanMs: 24 * HOUR_MS,
    },
    clientRegistration: { ...clientRegistration, clients: clients({}) },
  };
  wide = await world.startAnother(overrides);
  narrow = await world.startAnother({
    ...overrides,
    issuer: wide.issuer,
    clientRegistration: { ...clientRegistration, clients: clients({ limits }) },
  });
});

type Fields = Readonly<Record<string, string>>;

const basic = (id: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${SECRET}`).toString('base64')}`,
});

const token = async (at: TestService, id: string, fields: Fields): Promise<FormAnswer> =>
  await postForm(at, '/oauth/token', fields, basic(id));

const said = ({ status, body }: FormAnswer): string => `${status} ${String(body['error'])}`;
const claimsOf = ({ body }: FormAnswer) => decodeJwt(String(body['access_token']));
const scopesOf = ({ scope }: Readonly<Record<string, unknown>>) => String(scope).split(' ').toSorted();

const EVERYTHING = 'openid profile email offline_access tickets:read tickets:write';
let people = 0;

/** @returns the code that the client gets, and its verifier */
async function code(at: TestService, resource: string | undefined, scope = EVERYTHING, client = 'desk') {
  const { url, verifier } = at.authorizeUrl(client, { resource, scope });
  const result = await at.signIn(at.browser().through(at.local), url, `limited-${(people += 1)}`);
  return { code: result.get('code') ?? '', verifier, error: result.get('error') };
}

const redeem = async (
  at: TestService,
  { code: value, verifier }: { readonly code: string; readonly verifier: string },
  client = 'desk',
) =>
  await token(at, client, {
    grant_type: 'authorization_code',
    ...{ code: value, code_verifier: verifier, redirect_uri: REDIRECT_URI },
  });

const refresh = async (at: TestService, { body }: FormAnswer, more: Fields = {}) =>
  await token(at, 'desk', {
    grant_type: 'refresh_token',
    refresh_token: String(body['refresh_token']),
    ...more,
  });

const exchange = async (at: TestService, { body }: FormAnswer, more: Fields = {}) =>
  await token(at, 'agent', {
    grant_type: TOKEN_EXCHANGE_GRANT,
    subject_token: String(body['access_token']),
    subject_token_type: TOKEN_TYPES.access_token,
    resource: part,
    ...more,
  });

async function errorAt(at: TestService, url: string): Promise<string | null> {
  const browser = at.browser().through(at.local);
  const { location = '' } = await browser.follow(await browser.get(url));
  return location === '' ? null : new URL(location).searchParams.get('error');
}

describe('attack: a client asks for what its limits forbid', () => {
  // RFC 6749, section 3.3.
  test('scopes are left out of the sign-in, and the response says so', async () => {
    const answer = await redeem(narrow, await code(narrow, part));
    expect(scopesOf(answer.body)).toEqual(['openid', 'tickets:read']);
    expect(scopesOf(claimsOf(answer))).toEqual(['openid', 'tickets:read']);
    expect(decodeJwt(String(answer.body['id_token']))).not.toHaveProperty('name');
    const more = await refresh(narrow, answer, { scope: 'tickets:read tickets:write email' });
    expect([more.status, scopesOf(more.body)]).toEqual([200, ['tickets:read']]);
  });

  test('a request for forbidden scopes alone is one for what the client may have', async () => {
    const answer = await redeem(narrow, await code(narrow, part, 'tickets:write'));
    expect(scopesOf(answer.body)).toEqual(['openid']);
  });

  test('a signed request for a scope is refused', async () => {
    const claims = {
      ...authorizationRequest(narrow, 'signer', 'v'.repeat(43), { resource: part, scope: 'openid email' }),
      ...{ iss: 'signer', aud: narrow.issuer, exp: Math.floor(Date.now() / 1_000) + 60 },
    };
    const url = new URL('/oauth/authorize', narrow.issuer);
    url.searchParams.set('client_id', 'signer');
    url.searchParams.set('request', await key.signed(claims, { typ: 'oauth-authz-req+jwt' }));
    expect(await errorAt(narrow, url.href)).toBe('invalid_scope');
  });

  // RFC 8707, section 2.
  test('a resource is refused before anybody is bothered, pushed or not', async () => {
    expect(await errorAt(narrow, narrow.authorizeUrl('desk', { resource: whole }).url)).toBe(
      'invalid_target',
    );
    const pushed = await postForm(
      narrow,
      '/oauth/par',
      authorizationRequest(narrow, 'desk', 'v'.repeat(43), { resource: whole }),
      basic('desk'),
    );
    expect(said(pushed)).toBe('400 invalid_target');
    const signed = await postForm(narrow, '/oauth/par', {
      ...authorizationRequest(narrow, 'signer', 'v'.repeat(43), { resource: whole }),
      ...asserted(await key.assertion('signer', narrow.issuer)),
    });
    expect(said(signed)).toBe('400 invalid_target');
  });

  test('a token of its own is neither for another resource nor with another scope', async () => {
    const ask = async (fields: Fields) =>
      await token(narrow, 'nightly', { grant_type: 'client_credentials', ...fields });
    expect(said(await ask({ resource: whole }))).toBe('400 invalid_target');
    expect(said(await ask({ resource: part, scope: 'tickets:write' }))).toBe('400 invalid_scope');
    const answer = await ask({ resource: part });
    expect([scopesOf(answer.body), answer.body['expires_in']]).toEqual([['tickets:read'], 60]);
  });

  test('a token for a person whom it acts for is for no other resource', async () => {
    const subject = await redeem(wide, await code(wide, whole, EVERYTHING, 'free'), 'free');
    expect(said(await exchange(narrow, subject, { resource: whole }))).toBe('400 invalid_target');
    expect((await exchange(narrow, subject)).status).toBe(200);
    expect((await exchange(wide, subject, { resource: whole })).status).toBe(200);
  });

  test('a delegate with limits gets no more than they say of a token that holds more', async () => {
    const subject = await redeem(wide, await code(wide, part));
    expect(said(await exchange(narrow, subject, { scope: 'tickets:write' }))).toBe('400 invalid_scope');
    const answer = await exchange(narrow, subject);
    expect([scopesOf(answer.body), Number(answer.body['expires_in']) <= 60]).toEqual([
      ['tickets:read'],
      true,
    ]);
    expect(scopesOf((await exchange(wide, subject)).body)).toEqual(['tickets:read', 'tickets:write']);
  });

  test('its tokens live no longer than they say', async () => {
    const answer = await redeem(narrow, await code(narrow, part));
    expect(answer.body['expires_in']).toBe(60);
    const { exp = 0, iat = 0 } = decodeJwt(String(answer.body['id_token']));
    expect(exp - iat).toBe(60);
    expect((await refresh(narrow, answer)).body['expires_in']).toBe(60);
    const { rows } = await world.rows.query<{ longest: number }>({
      name: 'longest-refresh-token',
      text: `select max(extract(epoch from expires_at - created_at))::int as longest from oidc_records
        where model = 'RefreshToken' and grant_id = $1`,
      values: [String(claimsOf(answer)['tsid'])],
    });
    expect(rows[0]?.longest).toBeLessThanOrEqual(3_601);
  });
});

describe('attack: limits that became narrower are got around by what was granted before', () => {
  test('a refresh gives what they say now, and once they are wider again, what was granted', async () => {
    const before = await redeem(wide, await code(wide, part));
    expect(scopesOf(before.body)).toEqual(EVERYTHING.split(' ').toSorted());
    expect(decodeJwt(String(before.body['id_token']))).toHaveProperty('name');
    const now = await refresh(narrow, before);
    expect([now.status, scopesOf(now.body)]).toEqual([200, ['openid', 'tickets:read']]);
    expect(decodeJwt(String(now.body['id_token']))).not.toHaveProperty('name');
    const again = await refresh(wide, now);
    expect(scopesOf(again.body)).toEqual(EVERYTHING.split(' ').toSorted());
  });

  test('a refresh for a resource that they leave out is refused, and uses nothing up', async () => {
    const before = await redeem(wide, await code(wide, whole));
    expect(said(await refresh(narrow, before))).toBe('400 invalid_target');
    expect((await refresh(wide, before)).status).toBe(200);
  });

  test('a refresh token that is older than they let one be has ended', async () => {
    const before = await redeem(wide, await code(wide, part));
    await world.rows.query({
      name: 'age-refresh-tokens',
      text: `update oidc_records set payload = payload || jsonb_build_object('iat', (payload->>'iat')::bigint - 7200)
        where model = 'RefreshToken' and grant_id = $1`,
      values: [String(claimsOf(before)['tsid'])],
    });
    expect(said(await refresh(narrow, before))).toBe('400 invalid_grant');
    const asked = await postForm(
      narrow,
      '/oauth/introspect',
      { token: String(before.body['refresh_token']) },
      basic('desk'),
    );
    expect(asked.body).toEqual({ active: false });
    expect((await refresh(wide, before)).status).toBe(200);
  });

  test('a code is good for what they say now', async () => {
    const answer = await redeem(narrow, await code(wide, part));
    expect([answer.status, scopesOf(answer.body)]).toEqual([200, ['openid', 'tickets:read']]);
    const forWhole = await code(wide, whole);
    expect(said(await redeem(narrow, forWhole))).toBe('400 invalid_target');
    expect((await redeem(wide, forWhole)).status).toBe(200);
  });

  test('an access token for what they leave out is none here: nobody acts with it, and it says nothing of its person', async () => {
    const before = await redeem(wide, await code(wide, whole));
    const authorization = `Bearer ${String(before.body['access_token'])}`;
    const userInfo = async (at: TestService) =>
      (await fetch(`${at.local}/oauth/userinfo`, { headers: { authorization } })).status;
    expect([await userInfo(wide), await userInfo(narrow)]).toEqual([200, 401]);
    expect(said(await exchange(narrow, before))).toBe('400 invalid_request');
  });
});

test('attack: an access token from before still says of its person, or gives a delegate, what the limits leave out now', async () => {
  const before = await redeem(wide, await code(wide, part));
  const authorization = `Bearer ${String(before.body['access_token'])}`;
  const said = async (at: TestService) =>
    (await (await fetch(`${at.local}/oauth/userinfo`, { headers: { authorization } })).json()) as object;
  expect([await said(wide), await said(narrow)]).toEqual([
    { sub: claimsOf(before).sub, name: expect.any(String) },
    { sub: claimsOf(before).sub },
  ]);
  const form = { token: String(before.body['access_token']) };
  const asked = await postForm(narrow, '/oauth/introspect', form, basic('desk'));
  expect([asked.body['active'], scopesOf(asked.body)]).toEqual([true, ['openid', 'tickets:read']]);
});

test('a client with one resource gets a token for it when it names none, where clients need not', async () => {
  const { clientRegistration, scopesSupported } = narrow.config;
  const lenient = await world.startAnother({
    clientRegistration,
    scopesSupported,
    resourceIndicator: 'optional',
  });
  const answer = await redeem(lenient, await code(lenient, undefined));
  expect([claimsOf(answer).aud, answer.body['expires_in']]).toEqual([part, 60]);
});
