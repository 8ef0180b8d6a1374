import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = started));

interface Member {
  readonly login: string;
  readonly browser: TestBrowser;
  readonly clientId: string;
  readonly accountId: string;
  readonly tsid: string;
  readonly refreshToken: string;
}

let people = 0;

/** Somebody who signed in from a client, and the browser they did it in. */
async function member(): Promise<Member> {
  const browser = service.browser();
  const login = `member-${(people += 1)}`;
  const { clientId, answer } = await service.tokens(login, browser);
  const claims = decodeJwt(answer.access_token ?? '');
  const [accountId, tsid] = [claims.sub ?? '', String(claims['tsid'])];
  return { login, browser, clientId, accountId, tsid, refreshToken: answer.refresh_token ?? '' };
}

const connectLink = ({ tsid }: Member, provider = 'mail'): string => `/connect/${provider}?session=${tsid}`;

describe('the connections page', () => {
  test('shows what is connected and who works on the user’s behalf', async () => {
    const { browser, tsid, login } = await member();
    const page = await browser.get('/connections');
    expect(pageName(page)).toBe('connections');
    expect(page.body).toContain(`Name of acme-sso.example-${login}`);
    expect(page.body).toMatch(/data-provider="octo"\s+data-state="live"/);
    expect(page.body).toMatch(/data-provider="mail"\s+data-state="missing"/);
    expect(page.body).toContain(`data-session="${tsid}"`);
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self'");
  });

  test('shows nothing to a browser that is not signed in', async () => {
    expect(pageName(await service.browser().get('/connections'))).toBe('signed-out');
  });

  test('disconnects a provider', async () => {
    const { browser, accountId } = await member();
    const { csrf = '' } = hiddenFields((await browser.get('/connections')).body);
    await browser.post('/connections', { csrf, action: 'disconnect', provider: 'octo' });
    expect(service.vault.connections.has(`${accountId} octo`)).toBe(false);
  });

  test('ends a session: its refresh token is worth nothing, and the vault is told', async () => {
    const { browser, tsid, clientId, refreshToken } = await member();
    const { csrf = '' } = hiddenFields((await browser.get('/connections')).body);
    await browser.post('/connections', { csrf, action: 'sign-out', session: tsid });
    expect(await service.refresh(clientId, refreshToken)).toMatchObject({ error: 'invalid_grant' });
    expect((await browser.get('/connections')).body).not.toContain(tsid);
  });

  test("does not end somebody else's session", async () => {
    const [attacker, victim] = [await member(), await member()];
    const { csrf = '' } = hiddenFields((await attacker.browser.get('/connections')).body);
    await attacker.browser.post('/connections', { csrf, action: 'sign-out', session: victim.tsid });
    expect((await service.refresh(victim.clientId, victim.refreshToken)).status).toBe(200);
  });

  test('does nothing for a form of another site (CSRF) or of another user', async () => {
    const [one, other] = [await member(), await member()];
    const foreign = hiddenFields((await other.browser.get('/connections')).body)['csrf'] ?? '';
    for (const csrf of ['', foreign])
      expect(
        (await one.browser.post('/connections', { csrf, action: 'disconnect', provider: 'octo' })).status,
      ).toBe(403);
    expect(service.vault.connections.has(`${one.accountId} octo`)).toBe(true);
  });

  test('signs the browser out', async () => {
    const { browser } = await member();
    const { csrf = '' } = hiddenFields((await browser.get('/connections')).body);
    await browser.post('/connections', { csrf, action: 'leave' });
    expect(pageName(await browser.get('/connections'))).toBe('signed-out');
  });

  test.each(['leave', 'disconnect', 'sign-out'])(
    'answered twice (%s), by a double click or in two tabs, leads back to the list',
    async (action) => {
      const { browser, tsid } = await member();
      const { csrf = '' } = hiddenFields((await browser.get('/connections')).body);
      const fields = { csrf, action, provider: 'octo', session: tsid };
      for (let clicks = 0; clicks < 2; clicks += 1) {
        const answer = await browser.post('/connections', fields);
        expect([answer.status, new URL(answer.location ?? '').pathname]).toEqual([303, '/connections']);
      }
    },
  );

  test('left open while somebody else signs in does nothing, and offers the current one', async () => {
    const [one, other] = [await member(), await member()];
    const { csrf = '' } = hiddenFields((await one.browser.get('/connections')).body);
    const away = await one.browser.get('/connections/sign-in');
    await service.answerLeg(one.browser, away, { code: `acme-sso.example-${other.login}` });
    const stale = await one.browser.post('/connections', { csrf, action: 'disconnect', provider: 'octo' });
    expect([stale.status, stale.body.includes('href="/connections"')]).toEqual([403, true]);
    for (const { accountId } of [one, other])
      expect(service.vault.connections.has(`${accountId} octo`)).toBe(true);
  });

  test('going back in the history after signing out does not sign in again (shared computer)', async () => {
    const { login } = await member();
    const browser = service.browser();
    const away = await browser.get('/connections/sign-in');
    const state = new URL(away.location ?? '').searchParams.get('state') ?? '';
    const page = await service.answerLeg(browser, away, { code: `acme-sso.example-${login}` });
    const { csrf = '' } = hiddenFields(page.body);
    await browser.post('/connections', { csrf, action: 'leave' });
    await browser.get(`/connect/attempt/${state.split('.')[0] ?? ''}`);
    expect(pageName(await browser.get('/connections'))).toBe('signed-out');
  });

  test('can be opened by signing in with the primary provider', async () => {
    const { login } = await member();
    const browser = service.browser();
    const away = await browser.get('/connections/sign-in');
    const page = await service.answerLeg(browser, away, { code: `acme-sso.example-${login}` });
    expect(pageName(page)).toBe('connections');
  });

  test('makes no account for somebody who never signed in from an application', async () => {
    const browser = service.browser();
    const away = await browser.get('/connections/sign-in');
    const page = await service.answerLeg(browser, away, { code: 'acme-sso.example-stranger' });
    expect(pageName(page)).toBe('no-account');
    expect(pageName(await browser.get('/connections'))).toBe('signed-out');
  });
});

describe('the connect page', () => {
  test('connects a missing provider for the user of the session', async () => {
    const someone = await member();
    const page = await someone.browser.get(connectLink(someone));
    expect(pageName(page)).toBe('connect');
    const away = await someone.browser.decide(page, 'continue');
    expect(service.vault.begun.at(-1)).toMatchObject({ provider: 'mail', accountId: someone.accountId });
    const done = await service.answerLeg(someone.browser, away, { code: `mail-${someone.login}` });
    expect(pageName(done)).toBe('connected');
    expect(service.vault.adopted.at(-1)).toMatchObject({ provider: 'mail', accountId: someone.accountId });
    const count = service.vault.adopted.length;
    expect(pageName(await someone.browser.get(done.url))).toBe('connected');
    expect(service.vault.adopted).toHaveLength(count);
  });

  test('begins nothing before the user says so', async () => {
    const someone = await member();
    const begun = service.vault.begun.length;
    const page = await someone.browser.get(connectLink(someone));
    expect(service.vault.begun).toHaveLength(begun);
    expect(pageName(await someone.browser.decide(page, 'cancel'))).toBe('cancelled');
    expect((await someone.browser.post(page.url, { decision: 'continue' })).status).toBe(403);
    expect(service.vault.begun).toHaveLength(begun);
  });

  test("a link of somebody else's session connects nothing (account mix-up through a shared link)", async () => {
    const [attacker, victim] = [await member(), await member()];
    const page = await victim.browser.get(connectLink(attacker));
    expect([page.status, pageName(page)]).toEqual([403, 'wrong-account']);
  });

  test('in a signed-out browser it asks who is there first, and goes on for the right one only', async () => {
    const [owner, other] = [await member(), await member()];
    const begin = async (browser: TestBrowser) =>
      await browser.decide(await browser.get(connectLink(owner)), 'continue');
    const wrong = service.browser();
    const refused = await service.answerLeg(wrong, await begin(wrong), {
      code: `acme-sso.example-${other.login}`,
    });
    expect([refused.status, pageName(refused)]).toEqual([403, 'wrong-account']);
    const again = await wrong.get(refused.url);
    expect([again.status, pageName(again)]).toEqual([403, 'wrong-account']);
    const right = service.browser();
    const atMail = await service.answerLeg(right, await begin(right), {
      code: `acme-sso.example-${owner.login}`,
    });
    expect(new URL(atMail.location ?? '').hostname).toBe('mail.example');
    expect(pageName(await service.answerLeg(right, atMail, { code: `mail-${owner.login}` }))).toBe(
      'connected',
    );
    expect(pageName(await right.get('/connections'))).toBe('connections');
  });

  test('a refusal of the provider can be tried again', async () => {
    const someone = await member();
    const away = await someone.browser.decide(await someone.browser.get(connectLink(someone)), 'continue');
    const failed = await service.answerLeg(someone.browser, away, { error: 'access_denied' });
    expect(pageName(failed)).toBe('failure');
    const again = await someone.browser.decide(failed, 'retry');
    expect(pageName(await service.answerLeg(someone.browser, again, { code: `mail-${someone.login}` }))).toBe(
      'connected',
    );
  });

  test("an identity of somebody else's account is refused", async () => {
    const [one, other] = [await member(), await member()];
    const away = await one.browser.decide(await one.browser.get(connectLink(one, 'octo')), 'continue');
    const failed = await service.answerLeg(one.browser, away, { code: `octo.example-${other.login}` });
    expect(failed.body).toContain('data-reason="identity_taken"');
  });

  test('somebody new at the primary provider is not made a part of another account (takeover on a shared computer)', async () => {
    const someone = await member();
    const begin = async () =>
      await someone.browser.decide(await someone.browser.get('/connect/acme-sso'), 'continue');
    const newcomer = `newcomer-of-${someone.login}`;
    const refused = await service.answerLeg(someone.browser, await begin(), {
      code: `acme-sso.example-${newcomer}`,
    });
    expect(refused.body).toContain('data-reason="identity_taken"');
    const { answer } = await service.tokens(newcomer);
    expect(decodeJwt(answer.access_token ?? '').sub).not.toBe(someone.accountId);
    const again = await service.answerLeg(someone.browser, await begin(), {
      code: `acme-sso.example-${someone.login}`,
    });
    expect(pageName(again)).toBe('connected');
  });

  test('a link of a closed session, of no session or for no provider has ended', async () => {
    const { browser, tsid } = await member();
    for (const path of [
      '/connect/mail?session=6f3f1d4e-7a41-4c7e-9d53-0b8a4a6f1d11',
      '/connect/mail?session=nonsense',
      `/connect/nobody?session=${tsid}`,
    ])
      expect(pageName(await browser.get(path))).toBe('link-ended');
  });

  test('whose provider sends the browser back twice connects once, and says so each time', async () => {
    const someone = await member();
    const away = await someone.browser.decide(await someone.browser.get(connectLink(someone)), 'continue');
    const code = `mail-${someone.login}`;
    const adopted = service.vault.adopted.length;
    for (let times = 0; times < 3; times += 1)
      expect(pageName(await service.answerLeg(someone.browser, away, { code }))).toBe('connected');
    expect(service.vault.adopted).toHaveLength(adopted + 1);
  });

  test('answered twice leads on each time', async () => {
    const someone = await member();
    const page = await someone.browser.get(connectLink(someone));
    const fields = { ...hiddenFields(page.body), decision: 'continue' };
    const clicks = await Promise.all([1, 2].map(() => someone.browser.post(page.url, fields)));
    for (const { location = '' } of clicks) expect(new URL(location).hostname).toBe('mail.example');
    const [, last] = clicks;
    if (last === undefined) throw new Error('no click');
    const done = await service.answerLeg(someone.browser, last, { code: `mail-${someone.login}` });
    expect(pageName(done)).toBe('connected');
  });

  test('given up twice says that it is over, with a way on', async () => {
    const someone = await member();
    const away = await someone.browser.decide(await someone.browser.get(connectLink(someone)), 'continue');
    const failed = await service.answerLeg(someone.browser, away, { error: 'access_denied' });
    expect(pageName(await someone.browser.decide(failed, 'cancel'))).toBe('cancelled');
    const again = await someone.browser.decide(failed, 'cancel');
    expect([again.status, again.body.includes('href="/connections"')]).toEqual([400, true]);
  });

  test('whose form was open for too long offers the page again', async () => {
    const someone = await member();
    const page = await someone.browser.get(connectLink(someone));
    someone.browser.forgetCookies();
    const stale = await someone.browser.post(page.url, { ...hiddenFields(page.body), decision: 'continue' });
    expect(stale.status).toBe(403);
    const [, here = ''] = /class="button main" href="([^"]*)"/.exec(stale.body) ?? [];
    expect(pageName(await someone.browser.get(here.replaceAll('&amp;', '&')))).toBe('connect');
  });

  test("another browser cannot go on with somebody's attempt", async () => {
    const someone = await member();
    const away = await someone.browser.decide(await someone.browser.get(connectLink(someone)), 'continue');
    const done = await service.answerLeg(someone.browser, away, { code: `mail-${someone.login}` });
    expect((await service.browser().get(done.url)).status).toBe(400);
  });
});
