import 'reflect-metadata';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { freePort } from '@gatehouse/testing/free-port';
import { afterEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { AdministrationWorld, CONSOLE } from '../testing/administration-world.js';
import { shareWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import { REDIRECT_URI, type TokenAnswer } from '../testing/test-service.js';

/** People who administer: they sign in at the primary provider, and `administration.access` lets them. */

const log = new KeptLog();
let api: AdministrationWorld;

shareWorld(
  () =>
    AdministrationWorld.start(log, {
      telemetry: { toolLabels: 100, audit: { enabled: true, arguments: [] } },
    }),
  (started) => (api = started),
);
afterEach(() => {
  api.service.vault.verdictOn = () => ({ verdict: 'admitted' });
});

const SCOPE = 'gatehouse:admin';

/** Everybody may sign in, and nobody may administer. */
const nobodyAdministers = (): void => {
  api.service.vault.verdictOn = ({ action }) =>
    action === undefined ? { verdict: 'admitted' } : { verdict: 'refused', reference: 'ref-of-the-vault' };
};
const refresh = async ({ refresh_token: value = '' }: TokenAnswer, at = api.service) =>
  await at.refresh(CONSOLE, value);
const status = async ({ access_token: token }: TokenAnswer, at = api.service): Promise<number> =>
  (await api.call('/accounts?limit=1', { token, at })).status;
const errorOf = (location = ''): string | null => new URL(location).searchParams.get('error');
const scopesOf = (token = ''): readonly string[] => String(decodeJwt(token)['scope']).split(' ');

describe('a person who may administer', () => {
  test('signs in at the primary provider alone, administers at each replica, and goes on with a refresh', async () => {
    api.service.vault.judged.length = 0;
    const ada = await api.administrator('people-ada');
    const claims = decodeJwt(ada.access_token ?? '');
    expect(claims).toMatchObject({ aud: api.url, client_id: CONSOLE, tsid: expect.any(String) });
    expect(scopesOf(ada.access_token)).toContain(SCOPE);
    expect([await status(ada), await status(ada, api.replica)]).toEqual([200, 200]);
    const [first, ...others] = api.service.vault.judged;
    expect(first).toMatchObject({ of: 'attempt', action: 'administer' });
    expect(others).toEqual([{ of: 'session', tsid: claims['tsid'], action: 'administer' }]);
    const account = String(claims.sub);
    expect([...api.service.vault.connections].filter((one) => one.startsWith(account))).toEqual([
      `${account} acme-sso`,
    ]);
    const again = await refresh(ada, api.replica);
    expect(decodeJwt(again.access_token ?? '').aud).toBe(api.url);
    expect(await status(again)).toBe(200);
  });

  test('sees on the page of the approval what it is for, and a client that names no scope gets that of administrators', async () => {
    const { url } = api.service.authorizeUrl(CONSOLE, { resource: api.url });
    const browser = api.service.browser();
    const page = await browser.follow(await browser.get(url));
    expect(pageName(page)).toBe('administer');
    expect(page.body).toContain('to administer this gateway as you?');
    const ada = await api.administrator('people-scopeless', '');
    expect(scopesOf(ada.access_token)).toContain(SCOPE);
    const fewer = await api.administrator('people-fewer', 'openid');
    expect(scopesOf(fewer.access_token)).not.toContain(SCOPE);
    expect(await status(fewer)).toBe(403);
  });

  test('is named in audit lines by their account', async () => {
    const ada = await api.administrator('people-audited');
    log.audited.length = 0;
    await status(ada);
    expect(log.auditedOf('administered')).toEqual([
      expect.objectContaining({
        act: 'listAccounts',
        clientId: CONSOLE,
        administrator: decodeJwt(ada.access_token ?? '').sub,
      }),
    ]);
    expect(log.audited.join('')).not.toContain('people-audited');
  });
});

describe('attack: a person who may not administer', () => {
  test('signs in for it: they see why, and their client hears access_denied', async () => {
    nobodyAdministers();
    const { url } = api.service.authorizeUrl(CONSOLE, { resource: api.url, scope: SCOPE });
    const browser = api.service.browser();
    const away = await browser.decide(await browser.follow(await browser.get(url)), 'approve');
    const refused = await api.service.answerLeg(browser, away, { code: 'acme-sso.example-people-mallory' });
    expect([refused.status, pageName(refused)]).toEqual([403, 'refused']);
    const back = await browser.decide(refused, 'cancel');
    expect(back.location?.startsWith(REDIRECT_URI)).toBe(true);
    expect(errorOf(back.location)).toBe('access_denied');
    // As everybody else, they use the gateway.
    expect((await api.service.tokens('people-mallory')).answer.status).toBe(200);
  });

  test('who is signed in at the gateway already is judged all the same', async () => {
    nobodyAdministers();
    const browser = api.service.browser();
    await api.service.tokens('people-eve', browser);
    const { url } = api.service.authorizeUrl(CONSOLE, { resource: api.url, scope: SCOPE });
    let at = await browser.follow(await browser.get(url));
    for (let step = 0; step < 4 && pageName(at) !== 'refused'; step += 1)
      at = await browser.decide(at, at.body.includes('value="approve"') ? 'approve' : 'continue');
    expect([at.status, pageName(at)]).toEqual([403, 'refused']);
  });

  test('who lost the right loses the session with its next refresh, and the token with it, at each replica', async () => {
    const ada = await api.administrator('people-former');
    expect(await status(ada, api.replica)).toBe(200);
    nobodyAdministers();
    expect(await refresh(ada)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect([await status(ada), await status(ada, api.replica)]).toEqual([401, 401]);
    api.service.vault.verdictOn = () => ({ verdict: 'admitted' });
    expect(await refresh(ada)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  test('while nobody can say, there is no token; and none is used up', async () => {
    const ada = await api.administrator('people-unjudged');
    api.service.vault.verdictOn = ({ action }) =>
      action === undefined ? { verdict: 'admitted' } : 'provider_unavailable';
    expect((await refresh(ada)).status).toBe(503);
    api.service.vault.verdictOn = () => ({ verdict: 'admitted' });
    expect((await refresh(ada)).status).toBe(200);
  });
});

describe('attack: a token of an administrator', () => {
  test('whose session was ended is refused at once, at the other replica', async () => {
    const [ada, bob] = [await api.administrator('people-ended'), await api.administrator('people-ending')];
    const account = api.accountOf(ada);
    const { body } = await api.call(`/sessions?account=${account}`, { token: bob.access_token });
    const [{ session } = { session: '' }] = body['items'] as { session: string }[];
    expect(
      (await api.call(`/sessions/${session}`, { method: 'DELETE', token: bob.access_token })).status,
    ).toBe(204);
    expect(await status(ada, api.replica)).toBe(401);
    expect(await status(bob, api.replica)).toBe(200);
    expect(await refresh(ada)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  test('says nothing of its person, and is for nothing but this API', async () => {
    const ada = await api.administrator('people-elsewhere', `openid profile email ${SCOPE}`);
    const info = await fetch(`${api.service.local}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${ada.access_token ?? ''}` },
    });
    expect(info.status).toBe(401);
    const elsewhere = await api.service.token({
      grant_type: 'refresh_token',
      client_id: CONSOLE,
      refresh_token: ada.refresh_token ?? '',
      resource: api.service.config.resourceUrl,
    });
    expect(elsewhere).toMatchObject({ status: 400, error: 'invalid_target' });
  });
});

describe('attack: another client or another resource', () => {
  test('the client of administrators gets no token for MCP, and no other client one for this API', async () => {
    const browser = api.service.browser();
    const atMcp = api.service.authorizeUrl(CONSOLE, { scope: SCOPE });
    expect(errorOf((await browser.get(atMcp.url)).location)).toBe('invalid_target');
    const registered = await api.service.register({ scope: `openid ${SCOPE}` });
    const here = api.service.authorizeUrl(registered, { resource: api.url, scope: SCOPE });
    expect(errorOf((await browser.get(here.url)).location)).toBe('invalid_target');
  });

  test('a client that asks for the scope at MCP gets a token without it, which is none here', async () => {
    const clientId = await api.service.register();
    const { url, verifier } = api.service.authorizeUrl(clientId, { scope: `openid ${SCOPE}` });
    const result = await api.service.signIn(api.service.browser(), url, 'people-stranger');
    const answer = await api.service.redeem(clientId, result.get('code') ?? '', verifier);
    expect(scopesOf(answer.access_token)).not.toContain(SCOPE);
    expect(await status(answer)).toBe(401);
  });

  test('a server whose configuration lets no person administer takes no token of one', async () => {
    const ada = await api.administrator('people-before');
    const { issuer, clientRegistration, scopesSupported } = api.service.config;
    const without = await api.world.startAnother({
      ...{ issuer, clientRegistration, scopesSupported },
      administration: { host: '127.0.0.1', port: await freePort(), url: api.url },
    });
    expect(await status(ada, without)).toBe(401);
    expect((await refresh(ada, without)).status).toBe(400);
    expect(await status(ada)).toBe(200);
  });
});
