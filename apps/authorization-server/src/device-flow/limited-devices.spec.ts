import 'reflect-metadata';
import { HOUR_MS, MINUTE_MS } from '@gatehouse/kernel/durations';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { asPrinter, DeviceWorld, type DeviceCode } from '../testing/device-world.js';
import { said, tokenIn } from '../testing/exchange-world.js';
import { postForm, type FormAnswer } from '../testing/proving-client.js';
import { shareWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

/** Devices whose client has limits: two replicas, one with the limits of today and one with those of before. */

let world: DeviceWorld;
/** Before there were any. */
let wide: TestService;
/** With limits. */
let narrow: TestService;
let whole: string;
let part: string;

shareWorld(
  async () => await DeviceWorld.start(),
  async (started) => {
    world = started;
    wide = started.service;
    [whole = '', part = ''] = wide.config.resourceUrls;
    const limits = {
      resources: [part],
      scopes: ['openid', 'offline_access', 'tickets:read'],
      accessTokenLifespanMs: MINUTE_MS,
      refreshTokenLifespanMs: HOUR_MS,
    };
    const { clientRegistration } = wide.config;
    const clients = clientRegistration.clients.map((client) =>
      client.clientId === 'printer' ? { ...client, limits } : client,
    );
    narrow = await started.another({ clientRegistration: { ...clientRegistration, clients } });
  },
);

const EVERYTHING = 'openid profile email offline_access tickets:read';
const LEFT = ['offline_access', 'openid', 'tickets:read'];

const asked = (resource: string, scope = EVERYTHING) => ({ client_id: '', resource, scope });

const codeAt = async (at: TestService, resource: string, scope?: string): Promise<DeviceCode> =>
  await world.code('printer', { at, headers: asPrinter(), change: asked(resource, scope) });

const poll = async (at: TestService, code: DeviceCode): Promise<FormAnswer> =>
  await world.poll(code, { at, headers: asPrinter(), change: { client_id: '' } });

const refresh = async (at: TestService, { body }: FormAnswer): Promise<FormAnswer> =>
  await postForm(
    at,
    '/oauth/token',
    { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) },
    asPrinter(),
  );

const scopesOf = ({ scope }: Readonly<Record<string, unknown>>) => String(scope).split(' ').toSorted();

/** Everything that comes with a token says what is left. */
function expectLimited({ status, body }: FormAnswer): void {
  expect([status, body['expires_in'], scopesOf(body)]).toEqual([200, 60, LEFT]);
  const claims = decodeJwt(String(body['access_token']));
  expect([claims.aud, scopesOf(claims)]).toEqual([part, LEFT]);
  const identity = decodeJwt(String(body['id_token']));
  expect((identity.exp ?? 0) - (identity.iat ?? 0)).toBe(60);
  for (const claim of ['name', 'email']) expect(identity).not.toHaveProperty(claim);
}

// RFC 8628, sections 3.1 and 3.4.
describe('attack: a device asks for what the limits of its client forbid', () => {
  test('a resource is refused before there is a code, and scopes are left out of all that it gets', async () => {
    const headers = asPrinter();
    expect(said(await world.ask('printer', { at: narrow, headers, change: asked(whole) }))).toBe(
      '400 invalid_target',
    );
    const code = await codeAt(narrow, part);
    await world.signIn(code, world.somebody(), narrow.browser().through(narrow.local));
    const answer = await poll(narrow, code);
    expectLimited(answer);
    expectLimited(await refresh(narrow, answer));
  });

  test('forbidden scopes alone are a request for what it may have', async () => {
    const code = await codeAt(narrow, part, 'email');
    await world.signIn(code, world.somebody(), narrow.browser().through(narrow.local));
    expect(scopesOf((await poll(narrow, code)).body)).toEqual(['offline_access', 'openid']);
  });

  test('another resource with the code is refused, and uses nothing up', async () => {
    const code = await codeAt(narrow, part);
    await world.signIn(code, world.somebody(), narrow.browser().through(narrow.local));
    const change = { client_id: '', resource: whole };
    expect(said(await world.poll(code, { at: narrow, headers: asPrinter(), change }))).toBe(
      '400 invalid_target',
    );
    expectLimited(await poll(narrow, code));
  });
});

describe('attack: limits that became narrower are got around by what a device had before', () => {
  test('a code that was asked for before, whoever shows its pages', async () => {
    const code = await codeAt(wide, part);
    const browser = wide.browser().through(narrow.local);
    expect(pageName(await world.signIn(code, world.somebody(), browser))).toBe('device-approved');
    expectLimited(await poll(narrow, code));
  });

  test('a code that was approved before; for a resource that they leave out it is good nowhere but where they do not', async () => {
    const [code, forWhole] = [await codeAt(wide, part), await codeAt(wide, whole)];
    for (const one of [code, forWhole]) await world.signIn(one);
    expectLimited(await poll(narrow, code));
    expect(said(await poll(narrow, forWhole))).toBe('400 invalid_target');
    const answer = await poll(wide, forWhole);
    expect([answer.status, decodeJwt(tokenIn(answer)).aud]).toEqual([200, whole]);
  });

  test('a refresh token; once they are wider again, it gives what was granted', async () => {
    const code = await codeAt(wide, part);
    await world.signIn(code);
    const before = await poll(wide, code);
    expect(scopesOf(before.body)).toEqual(EVERYTHING.split(' ').toSorted());
    const now = await refresh(narrow, before);
    expectLimited(now);
    expect(scopesOf((await refresh(wide, now)).body)).toEqual(EVERYTHING.split(' ').toSorted());
  });
});
