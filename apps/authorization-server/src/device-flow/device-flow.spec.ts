import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { DEVICE_CODE_GRANT } from '../clients/client-grants.js';
import { DeviceCodes } from '../oauth-endpoints/device-codes.store.js';
import { readUserCode } from '../oauth-endpoints/user-code.js';
import { asPrinter, DeviceWorld, type DeviceCode } from '../testing/device-world.js';
import { said, tokenIn } from '../testing/exchange-world.js';
import { shareWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import type { FormAnswer } from '../testing/proving-client.js';
import type { TestService } from '../testing/test-service.js';

/** Machines without a browser (RFC 8628), at two replicas. */

let world: DeviceWorld;
let service: TestService;
let replica: TestService;
shareWorld(
  async () => await DeviceWorld.start(),
  (started) => {
    world = started;
    ({ service, replica } = started);
  },
);

const PENDING = '400 authorization_pending';
const NO_SECRET = { change: { client_id: '' } };

const openSessions = async (): Promise<number> =>
  (
    await world.rows<{ count: number }>('select count(*)::int as count from sessions where closed_at is null')
  )[0]?.count ?? -1;

/** Waits as long as the device was told, without waiting. */
const patiently = async (code: DeviceCode): Promise<void> => {
  await world.age(code, { nextPollMs: 0 });
};

describe('a device', () => {
  // RFC 8628, sections 3.1, 3.2 and 6.1.
  test('is told a code to show, where it is entered, how long, and how often to ask', async () => {
    const { answer } = await world.code();
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.body).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${service.issuer}/device`,
      verification_uri_complete: `${service.issuer}/device?user_code=${String(answer.body['user_code'])}`,
      expires_in: 600,
      interval: 5,
    });
  });

  // RFC 8628, sections 3.4 and 3.5.
  test('gets tokens of a session of its own once somebody has signed in, at whichever replica', async () => {
    const [code, login] = [await world.code(), world.somebody()];
    expect(said(await world.poll(code))).toBe(PENDING);
    const browser = service.browser();
    const asked = await world.enter(browser, code.userCode);
    expect(pageName(asked)).toBe('consent');
    expect(asked.body).toContain('Telly');
    expect(asked.body).toContain(code.userCode);
    expect(asked.body).not.toContain('Sends you back to');
    expect(pageName(await world.finish(browser.through(replica.local), asked, login))).toBe(
      'device-approved',
    );
    const answer = await world.poll(code, { at: replica });
    expect([answer.status, answer.body['scope']]).toEqual([200, 'openid offline_access']);
    const claims = decodeJwt(tokenIn(answer));
    expect(claims).toMatchObject({ aud: service.config.resourceUrl, client_id: code.clientId });
    expect(decodeJwt(String(answer.body['id_token']))).toMatchObject({ sub: claims.sub, aud: code.clientId });
    const again = await service.refresh(code.clientId, String(answer.body['refresh_token']));
    expect(decodeJwt(again.access_token ?? '')['tsid']).toBe(claims['tsid']);

    const second = await world.code(code.clientId);
    await world.signIn(second, login);
    const other = decodeJwt(tokenIn(await world.poll(second)));
    expect(other.sub).toBe(claims.sub);
    expect(other['tsid']).not.toBe(claims['tsid']);
  });

  // RFC 8628, section 3.5.
  test('that asks too often is told to slow down, at two replicas as at one, and gets its tokens all the same', async () => {
    const code = await world.code();
    expect(said(await world.poll(code))).toBe(PENDING);
    expect(said(await world.poll(code, { at: replica }))).toBe('400 slow_down');
    await patiently(code);
    expect(said(await world.poll(code))).toBe(PENDING);
    const [row] = await world.rows<{ pause: string }>(
      `select payload ->> 'pauseMs' as pause from oidc_records where model = 'DeviceCode' order by created_at desc limit 1`,
    );
    expect(row?.pause).toBe('10000');
    await world.signIn(code);
    expect((await world.poll(code)).status).toBe(200);
  });

  // RFC 8628, section 3.5.
  test('is told access_denied when its person says no, as often as it asks', async () => {
    const code = await world.code();
    const browser = service.browser();
    const end = await browser.decide(await world.enter(browser, code.userCode), 'cancel');
    expect(pageName(end)).toBe('device-refused');
    expect(said(await world.poll(code))).toBe('400 access_denied');
    expect(said(await world.poll(code, { at: replica }))).toBe('400 access_denied');
  });

  // RFC 8628, section 3.5.
  test('is told expired_token when nobody came in time, and the page says so', async () => {
    const code = await world.code();
    await world.age(code, { exp: 1 });
    expect(said(await world.poll(code))).toBe('400 expired_token');
    expect(pageName(await world.enter(service.browser(), code.userCode))).toBe('device');
  });

  test('whose person is done in the last moment still gets its tokens', async () => {
    const code = await world.code();
    const codes = service.app.get(DeviceCodes, { strict: false });
    const soon = Math.floor(Date.now() / 1_000) + 40;
    await world.age(code, { exp: soon });
    const { row = '' } = (await codes.entered(readUserCode(code.userCode) ?? '')) ?? {};
    expect(await codes.claim({ row, uid: 'browser' })).toBe(true);
    await codes.refuse({ row, uid: 'browser' }, 'no');
    const [kept] = await world.rows<{ exp: number }>(
      `select (payload ->> 'exp')::int as exp from oidc_records where id = $1`,
      [row],
    );
    expect(kept?.exp).toBeGreaterThan(soon);
  });

  test('whose code runs out during the sign-in gets nothing, and no session stays open', async () => {
    const [code, browser, login] = [await world.code(), service.browser(), world.somebody()];
    const asked = await world.enter(browser, code.userCode);
    const before = await openSessions();
    await world.age(code, { exp: 1 });
    expect(pageName(await world.finish(browser, asked, login))).toBe('device-over');
    expect(said(await world.poll(code))).toBe('400 expired_token');
    expect(await openSessions()).toBe(before);
  });

  // RFC 8707, section 2; RFC 8628, section 3.1.
  test('gets tokens for the resource that it named, and for no other one', async () => {
    const [whole = '', part = ''] = service.config.resourceUrls;
    expect(said(await world.ask(await world.registerDevice(), { change: { resource: '' } }))).toBe(
      '400 invalid_target',
    );
    const elsewhere = { resource: 'https://elsewhere.example/mcp' };
    expect(said(await world.ask(await world.registerDevice(), { change: elsewhere }))).toBe(
      '400 invalid_target',
    );
    const code = await world.code(undefined, { change: { resource: part } });
    await world.signIn(code);
    // A refused request uses nothing up.
    expect(said(await world.poll(code, { change: { resource: whole } }))).toBe('400 invalid_target');
    expect(decodeJwt(tokenIn(await world.poll(code, { change: { resource: part } }))).aud).toBe(part);
  });

  // RFC 6749, section 3.3.
  test('gets scopes as at a sign-in: what is not known here is left out, and who names none gets the baseline', async () => {
    const clientId = await world.registerDevice({ scope: 'openid offline_access tickets:read' });
    const granted = async (scope: string): Promise<unknown> => {
      const code = await world.code(clientId, { change: { scope } });
      await world.signIn(code);
      return (await world.poll(code)).body['scope'];
    };
    expect(await granted('openid tickets:read nobody:knows')).toBe('openid tickets:read');
    expect(await granted('')).toBe('openid offline_access');
  });

  // RFC 8628, section 3.1; RFC 6749, section 5.2.
  test('authenticates as at the token endpoint', async () => {
    const ask = async (headers: Readonly<Record<string, string>>): Promise<FormAnswer> =>
      await world.ask('printer', { ...NO_SECRET, headers });
    expect(said(await ask(asPrinter('a-wrong-secret-of-the-same-length-or-so')))).toBe('401 invalid_client');
    expect(said(await ask({}))).toBe('401 invalid_client');
    expect(said(await world.ask('printer'))).toBe('401 invalid_client');
    const code = await world.code('printer', { ...NO_SECRET, headers: asPrinter() });
    await world.signIn(code);
    expect(said(await world.poll(code))).toBe('401 invalid_client');
    const answer = await world.poll(code, { ...NO_SECRET, headers: asPrinter() });
    expect(decodeJwt(tokenIn(answer))).toMatchObject({ client_id: 'printer' });
    expect(answer.body['refresh_token']).toBeDefined();
  });

  test('has to have the grant: other clients are unauthorized_client at both endpoints', async () => {
    expect(said(await world.ask('desk'))).toBe('400 unauthorized_client');
    expect(said(await world.poll({ clientId: 'desk', deviceCode: 'x' }))).toBe('400 unauthorized_client');
    const web = await service.register();
    expect(said(await world.ask(web))).toBe('400 unauthorized_client');
    const both = await service.register({
      grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE_GRANT],
    });
    expect((await world.ask(both)).status).toBe(200);
  });

  // RFC 8628, section 4.
  test('finds the endpoint in the metadata where there is one', async () => {
    const metadata = async (at: TestService): Promise<Readonly<Record<string, unknown>>> =>
      (await (await fetch(`${at.local}/.well-known/oauth-authorization-server`)).json()) as Record<
        string,
        unknown
      >;
    expect(await metadata(service)).toMatchObject({
      device_authorization_endpoint: `${service.issuer}/oauth/device_authorization`,
      grant_types_supported: expect.arrayContaining([DEVICE_CODE_GRANT]),
    });
    const without = await metadata(world.without);
    expect(without).not.toHaveProperty('device_authorization_endpoint');
    expect(without['grant_types_supported']).not.toContain(DEVICE_CODE_GRANT);
  });

  test('has no endpoint, page, grant or registration where there are no codes; what registered before goes on', async () => {
    const clientId = await world.registerDevice();
    const { without } = world;
    expect(said(await world.ask(clientId, { at: without }))).toBe('404 not_found');
    expect(said(await world.poll({ clientId, deviceCode: 'x' }, { at: without }))).toBe(
      '400 unsupported_grant_type',
    );
    for (const path of ['/device', '/device?user_code=BCDF-GHJK', '/device/some-uid'])
      expect((await fetch(without.local + path)).status).toBe(404);
    const registered = await without.post('/oauth/register', { grant_types: [DEVICE_CODE_GRANT] });
    expect(registered).toMatchObject({ error: 'invalid_redirect_uri' });
    expect((await without.refresh(clientId, 'unknown')).error).toBe('invalid_grant');
  });
});

describe('a device code', () => {
  test('attack: it is worth nothing to another client, which neither uses it up nor slows its own client down', async () => {
    const code = await world.code();
    const thief = await world.registerDevice();
    for (let times = 0; times < 3; times += 1)
      expect(said(await world.poll({ ...code, clientId: thief }))).toBe('400 invalid_grant');
    expect(said(await world.poll(code))).toBe(PENDING);
    await world.signIn(code);
    expect(said(await world.poll({ ...code, clientId: thief }))).toBe('400 invalid_grant');
    expect((await world.poll(code)).status).toBe(200);
  });

  test('attack: neither it nor the user code can be read from the database, before or after it was used', async () => {
    const code = await world.code();
    const stored = async (): Promise<string> =>
      JSON.stringify(await world.rows(`select * from oidc_records where model = 'DeviceCode'`));
    for (const secret of [code.deviceCode, code.userCode, code.userCode.replace('-', '')])
      expect(await stored()).not.toContain(secret);
    await world.signIn(code);
    expect((await world.poll(code)).status).toBe(200);
    for (const secret of [code.deviceCode, code.userCode]) expect(await stored()).not.toContain(secret);
  });

  test('attack: a sign-out before the device came for its tokens leaves it with none', async () => {
    const code = await world.code();
    const browser = service.browser();
    await world.signIn(code, world.somebody(), browser);
    await world.rows(
      `with gone as (select grant_id from oidc_records where model = 'DeviceCode' and grant_id is not null and consumed_at is null)
        update sessions set closed_at = now(), close_reason = 'signed_out' where tsid::text in (select grant_id from gone)`,
    );
    expect(said(await world.poll(code))).toBe('400 invalid_grant');
  });
});
