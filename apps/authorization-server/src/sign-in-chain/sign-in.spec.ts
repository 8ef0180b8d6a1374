import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type Answer } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = started));

let people = 0;
/** A login that nobody had before. */
const somebody = (): string => `person-${(people += 1)}`;

const paramsOf = (answer: Answer): Record<string, string> =>
  Object.fromEntries(new URL(answer.location ?? '').searchParams);

test('a sign-in from authorization request to token', async () => {
  const { answer, clientId } = await service.tokens(somebody());
  expect(answer).toMatchObject({ status: 200, token_type: 'Bearer', scope: 'openid offline_access' });
  expect(decodeProtectedHeader(answer.access_token ?? '')).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
  const claims = decodeJwt(answer.access_token ?? '');
  const opened = service.vault.opened.at(-1);
  expect(claims).toMatchObject({
    iss: service.issuer,
    aud: service.config.resourceUrl,
    client_id: clientId,
    tsid: opened?.tsid,
    sub: opened?.accountId,
  });
  expect(opened?.providers).toEqual(['acme-sso', 'octo', 'wiki']);
  const refreshed = await service.refresh(clientId, answer.refresh_token ?? '');
  expect(refreshed.status).toBe(200);
  expect(decodeJwt(refreshed.access_token ?? '')['tsid']).toBe(opened?.tsid);
});

describe('approval', () => {
  test('before it nothing is sent to a provider, and the page itself sets no cookie (confused deputy)', async () => {
    const browser = service.browser();
    const begun = service.vault.begun.length;
    const page = await service.approvalPage(browser);
    expect([pageName(page), page.status]).toEqual(['consent', 200]);
    expect(page.headers.getSetCookie()).toEqual([]);
    expect(service.vault.begun).toHaveLength(begun);
    for (const shown of [
      'Test Client',
      '127.0.0.1:7777',
      'acme-sso',
      'octo',
      'wiki',
      'mail',
      'read',
      'files',
    ])
      expect(page.body).toContain(shown);
    expect(page.body).toContain('runs on a computer');
  });

  test('the page cannot be framed, cached, scripted, or leak its address', async () => {
    const { headers } = await service.approvalPage(service.browser());
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('a name with markup stays text (script injection by a registered client)', async () => {
    const clientId = await service.register({ client_name: '<img src=x onerror=alert(1)>' });
    const { body } = await service.approvalPage(service.browser(), clientId);
    expect(body).not.toContain('<img');
    expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  test('a form from another site is refused (CSRF), and so is the token of another browser', async () => {
    const browser = service.browser();
    const page = await service.approvalPage(browser);
    expect((await browser.post(page.url, { decision: 'approve' })).status).toBe(403);
    const other = hiddenFields((await service.approvalPage(service.browser())).body);
    expect((await browser.post(page.url, { ...other, decision: 'approve' })).status).toBe(403);
    expect(pageName(await browser.get(page.url))).toBe('consent');
  });

  test('another browser cannot open the page of a sign-in, even with its address', async () => {
    const page = await service.approvalPage(service.browser());
    const stolen = await service.browser().get(page.url);
    expect([stolen.status, pageName(stolen)]).toEqual([400, 'error']);
  });

  // RFC 6749, section 4.1.2.1; RFC 9207, section 2.
  test('"cancel" tells the client access_denied, with iss and state', async () => {
    const browser = service.browser();
    const end = await browser.decide(await service.approvalPage(browser), 'cancel');
    expect(end.location?.startsWith(REDIRECT_URI)).toBe(true);
    expect(paramsOf(end)).toMatchObject({
      error: 'access_denied',
      iss: service.issuer,
      state: 'client-state',
    });
  });
});

describe('a leg that fails', () => {
  test.each([
    ['access_denied', 'denied', 'access_denied'],
    ['garbage', 'invalid_response', 'server_error'],
  ])('with %s names the provider and offers a way on; giving up is %s', async (error, reason, told) => {
    const browser = service.browser();
    const failed = await service.answerLeg(browser, await service.atSecondProvider(browser, somebody()), {
      error,
    });
    expect(pageName(failed)).toBe('failure');
    expect(failed.body).toContain(`data-provider="octo" data-reason="${reason}"`);
    expect(failed.body).toContain('Connected already, and kept: <strong>acme-sso</strong>');
    expect(failed.body).not.toContain('value="skip"');
    const end = await browser.decide(failed, 'cancel');
    expect(paramsOf(end)).toMatchObject({ error: told, iss: service.issuer });
    expect(paramsOf(end)['error_description']).toContain('octo');
  });

  test('can be tried again, and the legs before it are not asked for again', async () => {
    const browser = service.browser();
    const login = somebody();
    const failed = await service.answerLeg(browser, await service.atSecondProvider(browser, login), {
      error: 'access_denied',
    });
    const again = await browser.decide(failed, 'retry');
    expect(new URL(again.location ?? '').hostname).toBe('octo.example');
    expect(service.vault.begun.at(-1)).toMatchObject({ provider: 'octo', fresh: true });
    const wiki = await service.answerLeg(browser, again, { code: `octo.example-${login}` });
    const end = await service.answerLeg(browser, wiki, { code: `wiki.example-${login}` });
    expect(paramsOf(end)['code']).toBeDefined();
  });

  test('can be skipped when the provider is optional, and the session does without it', async () => {
    const browser = service.browser();
    const login = somebody();
    const wiki = await service.answerLeg(browser, await service.atSecondProvider(browser, login), {
      code: `octo-${login}`,
    });
    const failed = await service.answerLeg(browser, wiki, { error: 'access_denied' });
    expect(failed.body).toContain('Skip wiki');
    const end = await browser.decide(failed, 'skip');
    expect(paramsOf(end)['code']).toBeDefined();
    expect(service.vault.opened.at(-1)?.providers).toEqual(['acme-sso', 'octo']);
  });

  test('a required provider cannot be skipped by a forged form', async () => {
    const browser = service.browser();
    const failed = await service.answerLeg(browser, await service.atSecondProvider(browser, somebody()), {
      error: 'access_denied',
    });
    expect(pageName(await browser.decide(failed, 'skip'))).toBe('failure');
  });

  test('a provider that is down is named, and giving up is temporarily_unavailable', async () => {
    const browser = service.browser();
    service.vault.unavailable.add('octo');
    const failed = await service.atSecondProvider(browser, somebody());
    service.vault.unavailable.delete('octo');
    expect(failed.body).toContain('data-reason="provider_unavailable"');
    const { attemptId } = service.vault.begun.at(-1) ?? { attemptId: 'none' };
    // The vault's log lines of this attempt have it, too.
    expect(failed.body).toContain(`Reference: <code>${attemptId}</code>`);
    expect(paramsOf(await browser.decide(failed, 'cancel'))).toMatchObject({
      error: 'temporarily_unavailable',
    });
  });
});

describe('the callback', () => {
  test('in another browser is refused and leaves the step to the right one (login CSRF)', async () => {
    const browser = service.browser();
    const login = somebody();
    const away = await service.atSecondProvider(browser, login);
    const state = new URL(away.location ?? '').searchParams.get('state') ?? '';
    const stolen = await service.browser().get(`/oauth/callback/octo?state=${state}&code=attacker`);
    expect(stolen.status).toBe(400);
    expect(stolen.body).toContain('callback_wrong_browser');
    expect(stolen.body).toMatch(/Reference: <code>[\w-]{12}<\/code>/);
    expect(
      new URL((await service.answerLeg(browser, away, { code: `octo-${login}` })).location ?? '').hostname,
    ).toBe('wiki.example');
  });

  test('again with the same state and another code goes on with what came first (replay)', async () => {
    const browser = service.browser();
    const away = await service.atSecondProvider(browser, somebody());
    await service.answerLeg(browser, away, { code: 'octo-once' });
    const replay = await service.answerLeg(browser, away, { code: 'octo-twice' });
    expect(new URL(replay.location ?? '').hostname).toBe('wiki.example');
    const state = new URL(away.location ?? '').searchParams.get('state');
    expect(service.vault.completed.filter((one) => one === state)).toHaveLength(1);
  });

  test.each([
    '',
    '?code=x',
    '?state=x&code=y',
    `?state=${'A'.repeat(22)}.x&code=y`,
    `?state='; drop table attempts; --`,
  ])('with a foreign state is a page that says so (%#)', async (query) => {
    for (const callback of ['', '/octo', '/nobody']) {
      const answer = await service.browser().get(`/oauth/callback${callback}${query}`);
      expect([answer.status, pageName(answer)]).toEqual([400, 'error']);
    }
  });

  test('never shows what a provider wrote', async () => {
    const browser = service.browser();
    const away = await service.atSecondProvider(browser, somebody());
    const failed = await service.answerLeg(browser, away, {
      error: 'access_denied',
      error_description: 'call-this-number',
    });
    expect(failed.body).not.toContain('call-this-number');
  });
});

describe('who the user is', () => {
  test('an identity that belongs to another account is refused, and another one can be chosen', async () => {
    const [alice, bob] = [somebody(), somebody()];
    await service.tokens(alice);
    const browser = service.browser();
    const failed = await service.answerLeg(browser, await service.atSecondProvider(browser, bob), {
      code: `octo.example-${alice}`,
    });
    expect(failed.body).toContain('data-reason="identity_taken"');
    const again = await browser.decide(failed, 'retry');
    expect(service.vault.begun.at(-1)).toMatchObject({ provider: 'octo', fresh: true });
    expect(
      new URL((await service.answerLeg(browser, again, { code: `octo.example-${bob}` })).location ?? '')
        .hostname,
    ).toBe('wiki.example');
  });

  test('the same person from two browsers at once gets one account', async () => {
    const login = somebody();
    const results = await Promise.all([1, 2, 3].map(() => service.tokens(login)));
    const subjects = new Set(results.map(({ answer }) => decodeJwt(answer.access_token ?? '').sub));
    expect(subjects.size).toBe(1);
  });

  test('a browser that is signed in and approved the client is asked once, then goes through', async () => {
    const browser = service.browser();
    const clientId = await service.register();
    await service.signIn(browser, service.authorizeUrl(clientId).url, somebody());
    const begun = service.vault.begun.length;
    const page = await service.approvalPage(browser, clientId);
    expect(pageName(page)).toBe('continue');
    expect(paramsOf(await browser.decide(page, 'continue'))['code']).toBeDefined();
    expect(service.vault.begun).toHaveLength(begun);
  });

  test('another client is approved anew, whatever was approved before', async () => {
    const browser = service.browser();
    await service.signIn(browser, service.authorizeUrl(await service.register()).url, somebody());
    expect(pageName(await service.approvalPage(browser, await service.register()))).toBe('consent');
  });

  test('"use another account" starts from nothing, and the browser then belongs to the new one', async () => {
    const browser = service.browser();
    const [alice, bob] = [somebody(), somebody()];
    const clientId = await service.register();
    await service.signIn(browser, service.authorizeUrl(clientId).url, alice);
    const asked = await browser.decide(await service.approvalPage(browser, clientId), 'another');
    expect(pageName(asked)).toBe('consent');
    let at = await browser.decide(asked, 'approve');
    expect(service.vault.begun.at(-1)).toMatchObject({ provider: 'acme-sso', fresh: true });
    for (const provider of ['acme-sso', 'octo', 'wiki'])
      at = await service.answerLeg(browser, at, { code: `${provider}.example-${bob}` });
    expect(paramsOf(at)['code']).toBeDefined();
    expect((await service.approvalPage(browser, clientId)).body).toContain(`Name of acme-sso.example-${bob}`);
  });

  test('prompt=login walks every provider again', async () => {
    const browser = service.browser();
    const clientId = await service.register();
    await service.signIn(browser, service.authorizeUrl(clientId).url, somebody());
    const { url } = service.authorizeUrl(clientId, { prompt: 'login' });
    expect(pageName(await browser.follow(await browser.get(url)))).toBe('consent');
  });
});

test('answering a page twice at once, or reloading the last one, ends in one session', async () => {
  const browser = service.browser();
  const login = somebody();
  const page = await service.approvalPage(browser);
  const fields = { ...hiddenFields(page.body), decision: 'approve' };
  await Promise.all([browser.post(page.url, fields), browser.post(page.url, fields)]);
  let at = await browser.follow(await browser.get(page.url));
  for (const provider of ['acme-sso', 'octo'])
    at = await service.answerLeg(browser, at, { code: `${provider}.example-${login}` });
  const state = new URL(at.location ?? '').searchParams.get('state') ?? '';
  await browser.get(`/oauth/callback/wiki?code=wiki-${login}&state=${state}`);
  const opened = service.vault.opened.length;
  const ends = await Promise.all([browser.get(page.url), browser.get(page.url), browser.get(page.url)]);
  for (const end of ends)
    expect([end.status, end.location?.startsWith(`${service.issuer}/oauth/authorize/`)]).toEqual([303, true]);
  expect(new Set(service.vault.opened.slice(opened).map(({ tsid }) => tsid)).size).toBe(1);
  const codes = await Promise.all(ends.map((end) => browser.get(end.location ?? '')));
  expect(codes.filter(({ location }) => location?.includes('code=') === true).length).toBeGreaterThanOrEqual(
    1,
  );
});
