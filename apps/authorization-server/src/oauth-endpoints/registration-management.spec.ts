import 'reflect-metadata';
import { sha256 } from '@gatehouse/kernel/digest';
import { newSessionId, type AccountId } from '@gatehouse/kernel/ids';
import { describe, expect, jest, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { SessionStore } from '../sessions/session.store.js';
import { ask } from '../testing/raw-request.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;

const log = new SilentLog();
const written = (['info', 'warn', 'error'] as const).map((level) => jest.spyOn(log, level));

shareWorld(
  async () => await startServiceWorld(log),
  async (started) => {
    ({ service } = world = started);
    replica = await world.startAnother({ issuer: service.issuer });
  },
);

interface Registered extends Readonly<Record<string, unknown>> {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
}

const METADATA = { redirect_uris: [REDIRECT_URI], client_name: 'Test Client' };

const register = async (metadata: Readonly<Record<string, unknown>> = {}): Promise<Registered> =>
  (await service.post('/oauth/register', { ...METADATA, ...metadata })) as Registered;

async function manage(
  method: 'GET' | 'PUT' | 'DELETE',
  clientId: string,
  { token, body, at = replica }: { token?: string; body?: unknown; at?: TestService } = {},
) {
  const response = await fetch(`${at.local}/oauth/register/${clientId}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
  return { status: response.status, headers: response.headers, answer };
}

let people = 0;

async function signedIn(clientId: string, scope = 'openid offline_access'): Promise<TokenAnswer> {
  const { url, verifier } = service.authorizeUrl(clientId, { scope });
  const result = await service.signIn(service.browser(), url, `managed-${(people += 1)}`);
  return await service.redeem(clientId, result.get('code') ?? '', verifier);
}

describe('a client that registered manages its registration', () => {
  // RFC 7592, sections 2.1 and 3.
  test('it reads at any replica what it was told, by a client that nobody here wrote', async () => {
    const client = await openid.dynamicClientRegistration(
      new URL(service.issuer),
      { ...METADATA, token_endpoint_auth_method: 'client_secret_post' },
      undefined,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
      { execute: [openid.allowInsecureRequests] },
    );
    const told = client.clientMetadata();
    const token = String(told['registration_access_token']);
    expect(told['registration_client_uri']).toBe(`${service.issuer}/oauth/register/${told.client_id}`);
    const { status, headers, answer } = await manage('GET', told.client_id, { token });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer).toEqual(told);
  });

  // Section 2.2: what it says replaces what was registered.
  test('it changes it, and the other replica goes by that at once', async () => {
    const told = await register({ client_uri: 'https://app.example/' });
    const { client_id: clientId, registration_access_token: token } = told;
    const elsewhere = 'http://127.0.0.1:7777/elsewhere';
    const body = { client_id: clientId, redirect_uris: [elsewhere], client_name: 'Another name' };
    const { status, answer } = await manage('PUT', clientId, { token, body });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      ...body,
      client_id_issued_at: told['client_id_issued_at'],
      registration_access_token: token,
      registration_client_uri: told.registration_client_uri,
    });
    expect(answer).not.toHaveProperty('client_uri');
    expect((await manage('GET', clientId, { token, at: service })).answer).toEqual(answer);
    const { url } = service.authorizeUrl(clientId);
    expect((await service.browser().get(url)).status).toBe(400);
    const { url: now } = service.authorizeUrl(clientId, { redirect_uri: elsewhere });
    expect((await service.browser().get(now)).location).toContain('/sign-in/');
  });

  test('it keeps its secret over a change, and gets one when it needs one', async () => {
    const told = await register({ token_endpoint_auth_method: 'client_secret_post' });
    const { client_id: clientId, registration_access_token: token, client_secret: secret } = told;
    const body = { ...METADATA, client_id: clientId, token_endpoint_auth_method: 'client_secret_basic' };
    const kept = await manage('PUT', clientId, { token, body: { ...body, client_secret: secret } });
    expect([kept.status, kept.answer['client_secret']]).toEqual([200, secret]);
    const publicClient = await register();
    const given = await manage('PUT', publicClient.client_id, {
      token: publicClient.registration_access_token,
      body: { ...body, client_id: publicClient.client_id },
    });
    expect(given.answer).toMatchObject({ client_secret: expect.any(String), client_secret_expires_at: 0 });
  });

  test('its people stay signed in when it changes', async () => {
    const { client_id: clientId, registration_access_token: token } = await register();
    const tokens = await signedIn(clientId);
    await manage('PUT', clientId, { token, body: { ...METADATA, client_id: clientId, client_name: 'New' } });
    expect((await replica.refresh(clientId, tokens.refresh_token ?? '')).status).toBe(200);
  });

  // Section 2.3.
  test('it deletes it, and every session and token of its people ends at both replicas', async () => {
    const { client_id: clientId, registration_access_token: token } = await register();
    const [one, two] = [await signedIn(clientId), await signedIn(clientId)];
    const stays = await service.tokens('stays');
    expect((await manage('DELETE', clientId, { token })).status).toBe(204);
    for (const at of [service, replica]) {
      for (const tokens of [one, two]) {
        expect((await at.refresh(clientId, tokens.refresh_token ?? '')).error).toBe('invalid_client');
        const info = await fetch(`${at.local}/oauth/userinfo`, {
          headers: { authorization: `Bearer ${tokens.access_token ?? ''}` },
        });
        expect(info.status).toBe(401);
        const tsid = String(decodeJwt(tokens.access_token ?? '')['tsid']);
        expect(await at.app.get(SessionStore).findOpen(tsid)).toBeUndefined();
      }
      expect((await manage('GET', clientId, { token, at })).status).toBe(401);
    }
    const { rows } = await world.rows.query<{ left: string }>({
      name: 'left-of-client',
      text: `select (select count(*) from approvals where client_id = $1)
          + (select count(*) from oidc_records where payload->>'clientId' = $1 or payload->>'client_id' = $1) as left`,
      values: [clientId],
    });
    expect(Number(rows[0]?.left)).toBe(0);
    expect((await service.refresh(stays.clientId, stays.answer.refresh_token ?? '')).status).toBe(200);
  });

  test('pages of allowed origins may do so, and no others', async () => {
    const preflight = async (origin: string) =>
      await fetch(`${service.local}/oauth/register/x`, { method: 'OPTIONS', headers: { origin } });
    const allowed = await preflight('https://inspector.example');
    expect([allowed.status, allowed.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, PUT, DELETE',
    ]);
    expect((await preflight('https://evil.example')).status).toBe(403);
    const { client_id: clientId, registration_access_token: token } = await register();
    const read = async (origin: string) =>
      (
        await fetch(`${service.local}/oauth/register/${clientId}`, {
          headers: { origin, authorization: `Bearer ${token}` },
        })
      ).headers.get('access-control-allow-origin');
    expect(await read('https://inspector.example')).toBe('https://inspector.example');
    expect(await read('https://evil.example')).toBeNull();
  });

  test('where registration is switched off, there is nothing to manage', async () => {
    const { client_id: clientId, registration_access_token: token } = await register();
    const off = await world.startAnother({
      issuer: service.issuer,
      clientRegistration: { ...service.config.clientRegistration, dynamic: 'off' },
    });
    expect((await manage('GET', clientId, { token, at: off })).status).toBe(404);
    await off.close();
  });
});

describe('what is refused:', () => {
  // RFC 7592, section 2; RFC 6750, section 3.
  test.each(['GET', 'PUT', 'DELETE'] as const)(
    'attack: %s with no token, a wrong one, another client’s, or an access token of a person',
    async (method) => {
      const [mine, other] = [await register(), await register()];
      const body =
        method === 'PUT' ? { body: { ...METADATA, client_id: mine.client_id, client_name: 'Mallory' } } : {};
      const none = await manage(method, mine.client_id, body);
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([
        401,
        `Bearer realm="${service.issuer}"`,
      ]);
      const tokens = await signedIn(other.client_id);
      for (const token of [
        'wrong',
        other.registration_access_token,
        tokens.access_token ?? '',
        sha256(mine.registration_access_token),
      ]) {
        const { status, headers, answer } = await manage(method, mine.client_id, { token, ...body });
        expect([status, answer['error']]).toEqual([401, 'invalid_token']);
        expect(headers.get('www-authenticate')).toMatch(/^Bearer realm=".*", error="invalid_token"/);
      }
      const token = mine.registration_access_token;
      expect((await manage('GET', mine.client_id, { token })).answer).toMatchObject(METADATA);
      const others = { token: other.registration_access_token };
      expect((await manage('GET', other.client_id, others)).status).toBe(200);
    },
  );

  test('attack: a client of the configuration, or one that is not there, is managed by no token', async () => {
    const { registration_access_token: token } = await register();
    const clients = [{ clientId: 'desk', clientName: 'Desk', redirectUris: [REDIRECT_URI] }];
    const configured = await world.startAnother({
      issuer: service.issuer,
      clientRegistration: { ...service.config.clientRegistration, clients },
    });
    for (const clientId of ['desk', 'nobody', 'https%3A%2F%2Fapp.example%2Fclient.json'])
      for (const method of ['GET', 'DELETE'] as const)
        expect((await manage(method, clientId, { token, at: configured })).status).toBe(401);
    await configured.close();
  });

  test('attack: a token in the address, which is kept in logs', async () => {
    const { client_id: clientId, registration_access_token: token } = await register();
    const response = await fetch(`${service.local}/oauth/register/${clientId}?access_token=${token}`);
    expect(response.status).toBe(401);
  });

  test('attack: the token of a client that was deleted, also at once and twice', async () => {
    const { client_id: clientId, registration_access_token: token } = await register();
    const ended = await Promise.all([
      manage('DELETE', clientId, { token, at: service }),
      manage('DELETE', clientId, { token }),
    ]);
    expect(ended.map(({ status }) => status).sort()).toEqual([204, 401]);
    const body = { ...METADATA, client_id: clientId };
    expect((await manage('PUT', clientId, { token, body })).status).toBe(401);
    expect((await manage('DELETE', clientId, { token })).status).toBe(401);
  });

  test('attack: a change that races with the deletion does not bring the client back', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { client_id: clientId, registration_access_token: token } = await register();
      const body = { ...METADATA, client_id: clientId, client_name: 'Back again' };
      const [changed, deleted] = await Promise.all([
        manage('PUT', clientId, { token, body, at: service }),
        manage('DELETE', clientId, { token }),
      ]);
      expect(deleted.status).toBe(204);
      expect([200, 401]).toContain(changed.status);
      expect((await manage('GET', clientId, { token })).status).toBe(401);
      const { url } = service.authorizeUrl(clientId);
      expect((await service.browser().get(url)).status).toBe(400);
    }
  });

  test('attack: a sign-in that ends while its client is deleted leaves no session', async () => {
    const { client_id: clientId, registration_access_token: token } = await register();
    const { access_token: accessToken } = await signedIn(clientId);
    const accountId = String(decodeJwt(accessToken ?? '').sub) as AccountId;
    const sessions = service.app.get(SessionStore);
    const tsids = Array.from({ length: 20 }, () => newSessionId());
    const [{ status }] = await Promise.all([
      manage('DELETE', clientId, { token }),
      ...tsids.map(async (tsid) => {
        await sessions.open({ tsid, accountId, clientId, clientName: 'Test Client' });
      }),
    ]);
    expect(status).toBe(204);
    for (const tsid of tsids) expect(await sessions.findOpen(tsid)).toBeUndefined();
    // Each has a row that says so: the vault hears of it by the outbox.
    const { rows } = await world.rows.query<{ count: string }>({
      name: 'closed-with-client',
      text: 'select count(*) from sessions where tsid = any($1) and closed_at is not null',
      values: [tsids],
    });
    expect(Number(rows[0]?.count)).toBe(20);
  });

  // RFC 7592, section 2.2.
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['another client_id', { client_id: 'another' }, 'invalid_request'],
    ['no client_id', { client_id: undefined }, 'invalid_request'],
    ['a secret of its own choice', { client_secret: 'chosen' }, 'invalid_request'],
    ['its registration access token', { registration_access_token: 'x' }, 'invalid_request'],
    ['its registration_client_uri', { registration_client_uri: 'x' }, 'invalid_request'],
    ['client_secret_expires_at', { client_secret_expires_at: 0 }, 'invalid_request'],
    ['client_id_issued_at', { client_id_issued_at: 1 }, 'invalid_request'],
    ['a place where no code may go', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['no place', { redirect_uris: null }, 'invalid_redirect_uri'],
    ['a name that looks like another', { client_name: 'Sla\u200bck' }, 'invalid_client_metadata'],
    [
      'a way to authenticate that is not here',
      { token_endpoint_auth_method: 'x' },
      'invalid_client_metadata',
    ],
  ])('a change with %s', async (_what, members, error) => {
    const { client_id: clientId, registration_access_token: token } = await register();
    const body = { ...METADATA, client_id: clientId, ...members };
    const refused = await manage('PUT', clientId, { token, body });
    expect([refused.status, refused.answer['error']]).toEqual([400, error]);
    expect((await manage('GET', clientId, { token })).answer).toMatchObject(METADATA);
  });

  test('a change that is no JSON', async () => {
    const { client_id: clientId, registration_access_token: token } = await register();
    for (const body of ['text', [], null])
      expect((await manage('PUT', clientId, { token, body })).status).toBe(400);
  });

  test('attack: a change does not widen a client beyond what can be registered', async () => {
    const { client_id: clientId, registration_access_token: token } = await register({ scope: 'openid' });
    const body = {
      ...METADATA,
      client_id: clientId,
      scope: 'openid admin',
      grant_types: [
        'authorization_code',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:jwt-bearer',
      ],
    };
    const { status, answer } = await manage('PUT', clientId, { token, body });
    expect([status, answer['scope'], answer['grant_types']]).toEqual([
      200,
      'openid offline_access',
      ['authorization_code'],
    ]);
  });

  test('attack: an approved client that changes where its codes go is approved anew', async () => {
    const { client_id: clientId, registration_access_token: token } = await register();
    const browser = service.browser();
    const { url } = service.authorizeUrl(clientId);
    await service.signIn(browser, url, 'careful');
    const elsewhere = 'http://127.0.0.1:7777/elsewhere';
    const body = { ...METADATA, client_id: clientId, redirect_uris: [elsewhere] };
    expect((await manage('PUT', clientId, { token, body })).status).toBe(200);
    const { url: again } = service.authorizeUrl(clientId, { redirect_uri: elsewhere });
    expect((await browser.follow(await browser.get(again))).body).toContain('value="approve"');
  });

  test('attack: a Host header decides no registration_client_uri', async () => {
    const { text } = await ask(service.config.listen.port, {
      method: 'POST',
      path: '/oauth/register',
      headers: {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        'content-type': 'application/json',
      },
      body: JSON.stringify(METADATA),
    });
    const told = JSON.parse(text) as Registered;
    expect(told.registration_client_uri).toBe(`${service.issuer}/oauth/register/${told.client_id}`);
  });

  test('attack: neither the database nor the log has a registration access token', async () => {
    const { client_id: clientId, registration_access_token: token } = await register();
    await manage('GET', clientId, { token });
    await manage('PUT', clientId, { token, body: { ...METADATA, client_id: clientId } });
    const { rows } = await world.rows.query<{ row: string }>({
      name: 'rows-with-token',
      text: `select r::text as row from oidc_records r where position($1 in r::text) > 0`,
      values: [token],
    });
    expect(rows).toEqual([]);
    await manage('DELETE', clientId, { token });
    const lines = JSON.stringify(written.flatMap(({ mock }) => mock.calls));
    expect(lines).toContain(clientId);
    expect(lines).not.toContain(token);
  });
});
