import 'reflect-metadata';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { until } from '@gatehouse/testing/until';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { Housekeeping } from '../housekeeping/housekeeping.job.js';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ClientTerms } from '../client-terms/client-terms.js';
import { WatchGivenLimits } from '../client-terms/watch-given-limits.job.js';
import { AdministrationWorld } from '../testing/administration-world.js';
import { shareWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from '../testing/test-service.js';

/** Limits that an administrator gives a client while the gateway runs: by the API, at two replicas. */

const log = new KeptLog();
let api: AdministrationWorld;
let token: string;
let part: string;

shareWorld(
  () =>
    AdministrationWorld.start(log, {
      telemetry: { toolLabels: 100, audit: { enabled: true, arguments: [] } },
    }),
  (started) => {
    api = started;
    part = started.service.config.resourceUrls[1] ?? '';
  },
);
beforeEach(async () => {
  token = await api.token();
});

const LIMITS = { scopes: ['openid', 'offline_access'], accessTokenLifespan: '30s' };
const pathOf = (client: string) => `/clients/${encodeURIComponent(client)}/limits`;
const set = async (client: string, body: unknown, at = api.service) =>
  await api.call(pathOf(client), { method: 'PUT', token, body, at });
const read = async (client: string) => (await api.call(pathOf(client), { token })).body;
const scopesOf = ({ scope = '' }: TokenAnswer) => scope.split(' ').toSorted();

/** Of the other replica, which looks by itself. */
async function takenUp(client: string, isLimited: boolean): Promise<void> {
  const terms = api.replica.app.get(ClientTerms, { strict: false });
  await until(() => Object.keys(terms.limitsOf(client)).length > 0 === isLimited);
}

const FULL = 'openid profile email offline_access reports:read';
const LEFT = ['offline_access', 'openid'];
let people = 0;

async function signedIn(at: TestService, clientId: string, scope = FULL): Promise<TokenAnswer> {
  const { url, verifier } = at.authorizeUrl(clientId, { scope });
  const browser = at.browser().through(at.local);
  const result = await at.signIn(browser, url, `given-${(people += 1)}`);
  return await at.redeem(clientId, result.get('code') ?? '', verifier);
}

const refresh = async (at: TestService, clientId: string, { refresh_token: value = '' }: TokenAnswer) =>
  await at.refresh(clientId, value);

describe('limits of a client that registered', () => {
  test('are set, read and removed, and a refresh follows them, also at the other replica', async () => {
    const client = await api.service.register();
    expect(await read(client)).toMatchObject({ from: null, resources: null, scopes: null });
    const before = await signedIn(api.service, client);
    expect(scopesOf(before)).toEqual(FULL.split(' ').toSorted());
    expect((await set(client, LIMITS)).status).toBe(204);
    expect(await read(client)).toEqual({
      from: 'administrator',
      resources: null,
      scopes: LIMITS.scopes,
      accessTokenLifespan: '30s',
      refreshTokenLifespan: null,
    });
    // At once where they were set, and soon elsewhere.
    const now = await refresh(api.service, client, before);
    expect([scopesOf(now), now.expires_in]).toEqual([LEFT, 30]);
    await takenUp(client, true);
    const there = await refresh(api.replica, client, now);
    expect([scopesOf(there), there.expires_in]).toEqual([LEFT, 30]);
    expect((await api.call(pathOf(client), { method: 'DELETE', token })).status).toBe(204);
    expect((await api.call(pathOf(client), { method: 'DELETE', token })).status).toBe(404);
    await takenUp(client, false);
    // What was granted comes back.
    expect(scopesOf(await refresh(api.replica, client, there))).toEqual(FULL.split(' ').toSorted());
  });

  test('hold for a new sign-in, and what each says replaces what was said before', async () => {
    const client = await api.service.register();
    expect((await set(client, { ...LIMITS, resources: [part] })).status).toBe(204);
    const browser = api.service.browser();
    const asked = await browser.get(api.service.authorizeUrl(client).url);
    expect(new URL(asked.location ?? '').searchParams.get('error')).toBe('invalid_target');
    expect((await set(client, LIMITS)).status).toBe(204);
    expect(await read(client)).toMatchObject({ resources: null });
    expect(scopesOf(await signedIn(api.service, client))).toEqual(LEFT);
  });

  test('hold for a client with a document before anybody has used it, and after it was forgotten', async () => {
    const client = 'https://editor.example/client.json';
    expect((await set(client, LIMITS)).status).toBe(204);
    expect(
      (await api.call(`/clients/${encodeURIComponent(client)}`, { method: 'DELETE', token })).status,
    ).toBe(404);
    await api.service.app.get(Housekeeping, { strict: false }).sweep();
    expect(await read(client)).toMatchObject({ from: 'administrator', scopes: LIMITS.scopes });
  });

  test('end with its registration', async () => {
    const client = await api.service.register();
    expect((await set(client, LIMITS)).status).toBe(204);
    await api.call(`/clients/${client}`, { method: 'DELETE', token });
    await api.service.app.get(Housekeeping, { strict: false }).sweep();
    expect((await api.call(pathOf(client), { token })).status).toBe(404);
  });

  test('leave an audit line with the client and what was set', async () => {
    const client = await api.service.register();
    log.audited.length = 0;
    await set(client, LIMITS);
    await set(client, { scopes: ['no-such-scope'] });
    expect(log.auditedOf('administered')).toEqual([
      expect.objectContaining({
        ...{ act: 'setClientLimits', clientId: 'operations', status: 204, client },
        limits: JSON.stringify(LIMITS),
      }),
      expect.objectContaining({ act: 'setClientLimits', status: 400, client }),
    ]);
  });
});

describe('attack: a client gets around the limits that an administrator gave it', () => {
  test('it changes its registration (RFC 7592), and names limits there', async () => {
    const registered = (await api.service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      client_name: 'Test Client',
    })) as Readonly<Record<string, string>>;
    const { client_id: client = '', registration_access_token: own = '' } = registered;
    expect((await set(client, LIMITS)).status).toBe(204);
    const before = await signedIn(api.service, client);
    const changed = await fetch(`${api.service.local}/oauth/register/${client}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${own}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: client,
        redirect_uris: [REDIRECT_URI],
        client_name: 'Test Client',
        scope: FULL,
        limits: {},
      }),
    });
    expect(changed.status).toBe(200);
    expect(await changed.json()).not.toHaveProperty('limits');
    expect(await read(client)).toMatchObject({ from: 'administrator', scopes: LIMITS.scopes });
    const now = await refresh(api.service, client, before);
    expect([scopesOf(now), now.expires_in]).toEqual([LEFT, 30]);
    expect(scopesOf(await signedIn(api.service, client))).toEqual(LEFT);
  });

  test('a refresh token from before, for a resource that they leave out: nothing, and it is not used up', async () => {
    const client = await api.service.register();
    const before = await signedIn(api.service, client);
    await set(client, { resources: [part] });
    expect(await refresh(api.service, client, before)).toMatchObject({
      status: 400,
      error: 'invalid_target',
    });
    await takenUp(client, true);
    expect(await refresh(api.replica, client, before)).toMatchObject({
      status: 400,
      error: 'invalid_target',
    });
    await api.call(pathOf(client), { method: 'DELETE', token });
    expect((await refresh(api.service, client, before)).status).toBe(200);
  });

  test('a refresh token that is older than they let one be has ended', async () => {
    const client = await api.service.register();
    const before = await signedIn(api.service, client);
    await api.world.rows.query({
      name: 'age-limited-tokens',
      text: `update oidc_records set payload = payload || jsonb_build_object('iat', (payload->>'iat')::bigint - 120)
        where model = 'RefreshToken' and grant_id = $1`,
      values: [String(decodeJwt(before.access_token ?? '')['tsid'])],
    });
    await set(client, { accessTokenLifespan: '30s', refreshTokenLifespan: `${MINUTE_MS / 1_000}s` });
    expect(await refresh(api.service, client, before)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  test('limits that cannot be read give it nothing', async () => {
    const client = await api.service.register();
    const before = await signedIn(api.service, client);
    await api.world.rows.query({
      name: 'odd-limits',
      text: `insert into client_limits (client_id, limits) values ($1, '{"scops": []}')`,
      values: [client],
    });
    await api.service.app.get(WatchGivenLimits, { strict: false }).takeUp();
    expect(await refresh(api.service, client, before)).toMatchObject({
      status: 400,
      error: 'invalid_target',
    });
  });
});

describe('what is no limit', () => {
  test('is refused by the rules of the configuration, with its place, and changes nothing', async () => {
    const client = await api.service.register();
    await set(client, LIMITS);
    for (const [body, says] of [
      [{}, /limits: This limits nothing/],
      [{ scopes: [] }, /limits\.scopes: .*no token/],
      [{ scopes: ['gatehouse:admin'] }, /limits\.scopes\[0\]: .*scopesSupported/],
      [{ resources: ['https://elsewhere.example/mcp'] }, /limits\.resources\[0\]: .*no MCP endpoint/],
      [{ accessTokenLifespan: '2h' }, /no longer than/],
      [{ accessTokenLifespan: 60 }, /limits\.accessTokenLifespan: /],
      [{ scope: ['openid'] }, /Did you mean scopes/],
      [{ refreshTokenLifespan: '59s' }, /limits\.refreshTokenLifespan: /],
    ] as const) {
      const refused = await set(client, body);
      expect([refused.status, refused.body['code']]).toEqual([400, 'request_invalid']);
      expect(refused.body['detail']).toMatch(says);
    }
    expect(await read(client)).toMatchObject({ scopes: LIMITS.scopes });
  });

  test('attack: no JSON, a list, no body, one without a length, and one that is too long', async () => {
    const client = await api.service.register();
    const path = pathOf(client);
    for (const body of ['{', '[]', 'null', '"text"', JSON.stringify({ scopes: ['x'.repeat(16_384)] })])
      expect((await set(client, body)).status).toBe(400);
    expect((await api.call(path, { method: 'PUT', token })).status).toBe(400);
    const plain = { 'content-type': 'text/plain' };
    const typed = { method: 'PUT', token, body: LIMITS, headers: plain };
    expect((await api.call(path, typed)).status).toBe(400);
    const chunked = { method: 'PUT', token, headers: { 'transfer-encoding': 'chunked' } };
    expect((await api.call(path, chunked)).status).toBe(400);
    expect(await read(client)).toMatchObject({ from: null });
  });

  test('attack: whoever is no administrator neither sets limits nor learns of them', async () => {
    const client = await api.service.register();
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await api.call(pathOf(client), { method })).status).toBe(401);
    const scopeless = await api.token('scopeless');
    const refused = await api.call(pathOf(client), { method: 'PUT', token: scopeless, body: LIMITS });
    expect(refused.status).toBe(403);
    expect(await read(client)).toMatchObject({ from: null });
  });

  test('a client of the configuration has its limits there; an unknown one has none', async () => {
    for (const method of ['PUT', 'DELETE'])
      expect(
        (await api.call(pathOf('report'), { method, token, ...(method === 'PUT' ? { body: LIMITS } : {}) }))
          .status,
      ).toBe(409);
    expect(await read('report')).toMatchObject({ from: null });
    expect((await set('nobody', LIMITS)).status).toBe(404);
    expect((await set('http://editor.example/client.json', LIMITS)).status).toBe(404);
    expect((await api.call(pathOf('nobody'), { token })).status).toBe(404);
  });
});
