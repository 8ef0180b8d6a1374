import 'reflect-metadata';
import { sha256 } from '@gatehouse/kernel/digest';
import { newSessionId, type AccountId } from '@gatehouse/kernel/ids';
import { describe, expect, jest, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { SessionStore } from '../sessions/session.store.js';
import { ask } from '../testing/raw-request.js';
import { ManagedClients, METADATA, type Registered } from '../testing/managed-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;
let clients: ManagedClients;

const log = new SilentLog();
const written = (['info', 'warn', 'error'] as const).map((level) => jest.spyOn(log, level));

shareWorld(
  async () => await startServiceWorld(log),
  async (started) => {
    ({ service } = world = started);
    replica = await world.startAnother({ issuer: service.issuer });
    clients = new ManagedClients(service, replica);
  },
);

describe('what is refused:', () => {
  // RFC 7592, section 2; RFC 6750, section 3.
  test.each(['GET', 'PUT', 'DELETE'] as const)(
    'attack: %s with no token, a wrong one, another client’s, or an access token of a person',
    async (method) => {
      const [mine, other] = [await clients.register(), await clients.register()];
      const body =
        method === 'PUT' ? { body: { ...METADATA, client_id: mine.client_id, client_name: 'Mallory' } } : {};
      const none = await clients.manage(method, mine.client_id, body);
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([
        401,
        `Bearer realm="${service.issuer}"`,
      ]);
      const tokens = await clients.signedIn(other.client_id);
      for (const token of [
        'wrong',
        other.registration_access_token,
        tokens.access_token ?? '',
        sha256(mine.registration_access_token),
      ]) {
        const { status, headers, answer } = await clients.manage(method, mine.client_id, { token, ...body });
        expect([status, answer['error']]).toEqual([401, 'invalid_token']);
        expect(headers.get('www-authenticate')).toMatch(/^Bearer realm=".*", error="invalid_token"/);
      }
      const token = mine.registration_access_token;
      expect((await clients.manage('GET', mine.client_id, { token })).answer).toMatchObject(METADATA);
      const others = { token: other.registration_access_token };
      expect((await clients.manage('GET', other.client_id, others)).status).toBe(200);
    },
  );

  test('attack: a client of the configuration, or one that is not there, is managed by no token', async () => {
    const { registration_access_token: token } = await clients.register();
    const desk = { clientId: 'desk', clientName: 'Desk', redirectUris: [REDIRECT_URI] };
    const configured = await world.startAnother({
      issuer: service.issuer,
      clientRegistration: { ...service.config.clientRegistration, clients: [desk] },
    });
    for (const clientId of ['desk', 'nobody', 'https%3A%2F%2Fapp.example%2Fclient.json'])
      for (const method of ['GET', 'DELETE'] as const)
        expect((await clients.manage(method, clientId, { token, at: configured })).status).toBe(401);
    await configured.close();
  });

  test('attack: a token in the address, which is kept in logs', async () => {
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    const response = await fetch(`${service.local}/oauth/register/${clientId}?access_token=${token}`);
    expect(response.status).toBe(401);
  });

  test('attack: the token of a client that was deleted, also at once and twice', async () => {
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    const ended = await Promise.all([
      clients.manage('DELETE', clientId, { token, at: service }),
      clients.manage('DELETE', clientId, { token }),
    ]);
    expect(ended.map(({ status }) => status).sort()).toEqual([204, 401]);
    const body = { ...METADATA, client_id: clientId };
    expect((await clients.manage('PUT', clientId, { token, body })).status).toBe(401);
    expect((await clients.manage('DELETE', clientId, { token })).status).toBe(401);
  });

  test('attack: a change that races with the deletion does not bring the client back', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { client_id: clientId, registration_access_token: token } = await clients.register();
      const body = { ...METADATA, client_id: clientId, client_name: 'Back again' };
      const [changed, deleted] = await Promise.all([
        clients.manage('PUT', clientId, { token, body, at: service }),
        clients.manage('DELETE', clientId, { token }),
      ]);
      expect(deleted.status).toBe(204);
      expect([200, 401]).toContain(changed.status);
      expect((await clients.manage('GET', clientId, { token })).status).toBe(401);
      const { url } = service.authorizeUrl(clientId);
      expect((await service.browser().get(url)).status).toBe(400);
    }
  });

  test('attack: a sign-in that ends while its client is deleted leaves no session', async () => {
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    const { access_token: accessToken } = await clients.signedIn(clientId);
    const accountId = String(decodeJwt(accessToken ?? '').sub) as AccountId;
    const sessions = service.app.get(SessionStore);
    const tsids = Array.from({ length: 20 }, () => newSessionId());
    const [{ status }] = await Promise.all([
      clients.manage('DELETE', clientId, { token }),
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
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    const body = { ...METADATA, client_id: clientId, ...members };
    const refused = await clients.manage('PUT', clientId, { token, body });
    expect([refused.status, refused.answer['error']]).toEqual([400, error]);
    expect((await clients.manage('GET', clientId, { token })).answer).toMatchObject(METADATA);
  });

  test('a change that is no JSON', async () => {
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    for (const body of ['text', [], null])
      expect((await clients.manage('PUT', clientId, { token, body })).status).toBe(400);
  });

  test('attack: a change does not widen a client beyond what can be registered', async () => {
    const { client_id: clientId, registration_access_token: token } = await clients.register({
      scope: 'openid',
    });
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
    const { status, answer } = await clients.manage('PUT', clientId, { token, body });
    expect([status, answer['scope'], answer['grant_types']]).toEqual([
      200,
      'openid offline_access',
      ['authorization_code'],
    ]);
  });

  test('attack: an approved client that changes where its codes go is approved anew', async () => {
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    const browser = service.browser();
    const { url } = service.authorizeUrl(clientId);
    await service.signIn(browser, url, 'careful');
    const elsewhere = 'http://127.0.0.1:7777/elsewhere';
    const body = { ...METADATA, client_id: clientId, redirect_uris: [elsewhere] };
    expect((await clients.manage('PUT', clientId, { token, body })).status).toBe(200);
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
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    await clients.manage('GET', clientId, { token });
    await clients.manage('PUT', clientId, { token, body: { ...METADATA, client_id: clientId } });
    const { rows } = await world.rows.query<{ row: string }>({
      name: 'rows-with-token',
      text: `select r::text as row from oidc_records r where position($1 in r::text) > 0`,
      values: [token],
    });
    expect(rows).toEqual([]);
    await clients.manage('DELETE', clientId, { token });
    const lines = JSON.stringify(written.flatMap(({ mock }) => mock.calls));
    expect(lines).toContain(clientId);
    expect(lines).not.toContain(token);
  });
});
