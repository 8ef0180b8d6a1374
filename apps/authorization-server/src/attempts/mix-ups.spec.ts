import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { pageName, type Answer } from '../testing/test-browser.js';
import { callbackOf, REDIRECT_URI, type TestService } from '../testing/test-service.js';

let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = started));

let people = 0;
const somebody = (): string => `mixed-up-${(people += 1)}`;

test('a client that registered several hosts is approved for the one that was shown', async () => {
  const [browser, login] = [service.browser(), somebody()];
  const evil = 'https://evil.example/callback';
  const clientId = await service.register({ redirect_uris: [REDIRECT_URI, evil] });
  const shown = await service.approvalPage(service.browser(), clientId);
  expect(shown.body).toContain('runs on a computer');
  await service.signIn(browser, service.authorizeUrl(clientId).url, login);
  expect(pageName(await service.approvalPage(browser, clientId))).not.toBe('consent');
  const { url } = service.authorizeUrl(clientId, { redirect_uri: evil });
  const page = await browser.follow(await browser.get(url));
  expect(pageName(page)).toBe('consent');
  expect(page.body).toContain('evil.example');
});

test('a leg of the account before cannot come back into the walk of another account', async () => {
  const [browser, login] = [service.browser(), somebody()];
  const consent = await service.approvalPage(browser);
  const atOcto = await service.answerLeg(browser, await browser.decide(consent, 'approve'), {
    code: `acme-sso.example-${login}`,
  });
  const before = service.vault.begun.at(-1)?.attemptId;
  const page = await browser.decide(consent, 'another');
  const late = await service.answerLeg(browser, atOcto, { code: `octo.example-${login}` });
  expect(late.body).toContain('callback_unknown');
  await until(() => service.vault.discarded.includes(before ?? ''));
  const other = await browser.decide(page, 'approve');
  expect(new URL(other.location ?? '').hostname).toBe('acme-sso.example');
  expect(service.vault.begun.at(-1)?.attemptId).not.toBe(before);
});

test('a leg that the vault holds as somebody else ends on a page, not in a session (two answers raced)', async () => {
  const [browser, login] = [service.browser(), somebody()];
  service.vault.lost.add(`octo.example-${login}`);
  const atWiki = await service.answerLeg(browser, await service.atSecondProvider(browser, login), {
    code: `octo.example-${login}`,
  });
  const end = await service.answerLeg(browser, atWiki, { code: `wiki.example-${login}` });
  expect(pageName(end)).toBe('failure');
  expect(end.body).toContain('data-provider="octo"');
});

describe('the answer of a provider that was not asked', () => {
  const stateOf = (away: Answer): string => new URL(away.location ?? '').searchParams.get('state') ?? '';
  const reachesWiki = (answer: Answer): void =>
    expect(new URL(answer.location ?? '').hostname).toBe('wiki.example');

  test.each(['code=of-acme', 'error=access_denied', 'error=server_error'])(
    'is refused when it comes by its own callback with %s, and the leg goes on as if nothing had come (mix-up, denial of service)',
    async (said) => {
      const [browser, login] = [service.browser(), somebody()];
      const atOcto = await service.atSecondProvider(browser, login);
      for (const other of ['acme-sso', 'wiki', 'mail', 'nobody', '']) {
        const path = `/oauth/callback${other === '' ? '' : `/${other}`}?${said}&state=${stateOf(atOcto)}`;
        const refused = await browser.get(path);
        expect([refused.status, pageName(refused)]).toEqual([400, 'error']);
        expect(refused.body).toContain('callback_wrong_provider');
        expect(refused.body).not.toContain(stateOf(atOcto));
      }
      reachesWiki(await service.answerLeg(browser, atOcto, { code: `octo.example-${login}` }));
    },
  );

  test.each([
    '/oauth/callback/',
    '/oauth/callback/OCTO',
    '/oauth/callback/octo/',
    '/oauth/callback/octo%2F',
    '/oauth/callback/%6fcto',
    '/oauth/callback/wiki%2f..%2focto',
    '/oauth/callback/octo%00',
    '/oauth/callback//octo',
    '/oauth/callback/octo;x',
    '/OAUTH/callback/octo',
    `/oauth/callback/${'o'.repeat(2_000)}`,
  ])('is not the one of a provider by another spelling of its callback: %s', async (path) => {
    const [browser, login] = [service.browser(), somebody()];
    const atOcto = await service.atSecondProvider(browser, login);
    const { status } = await browser.get(`${path}?code=octo.example-${login}&state=${stateOf(atOcto)}`);
    expect([400, 404, 414]).toContain(status);
    reachesWiki(await service.answerLeg(browser, atOcto, { code: `octo.example-${login}` }));
  });

  test('is refused on the connect page as well, and what was to be connected still can be', async () => {
    const [browser, login] = [service.browser(), somebody()];
    await service.tokens(login, browser);
    const page = await browser.get('/connect/mail');
    const away = await browser.decide(page, 'continue');
    const mixed = await browser.get(`/oauth/callback/octo?code=of-octo&state=${stateOf(away)}`);
    expect(mixed.body).toContain('callback_wrong_provider');
    const connected = await service.answerLeg(browser, away, { code: `mail.example-${login}` });
    expect(pageName(connected)).toBe('connected');
  });
});

test('providers that share the common callback are answered by it, and by no callback of their own', async () => {
  const [browser, login] = [service.browser(), somebody()];
  const own = service.vault.callbackOf;
  service.vault.callbackOf = () => '/oauth/callback';
  try {
    const atOcto = await service.atSecondProvider(browser, login);
    const state = new URL(atOcto.location ?? '').searchParams.get('state') ?? '';
    const own = await browser.get(`/oauth/callback/octo?code=octo.example-${login}&state=${state}`);
    expect(own.body).toContain('callback_wrong_provider');
    const next = await service.answerLeg(browser, atOcto, { code: `octo.example-${login}` });
    expect(new URL(next.location ?? '').hostname).toBe('wiki.example');
  } finally {
    service.vault.callbackOf = own;
  }
});

test('a provider whose callback is not set up safely is not visited, and the page says who has to act', async () => {
  const browser = service.browser();
  service.vault.unsafe.add('octo');
  const page = await service.atSecondProvider(browser, somebody());
  service.vault.unsafe.delete('octo');
  expect(pageName(page)).toBe('error');
  expect(page.body).toContain('callback_unsafe');
});

test.each([
  ['HEAD', {}],
  ['GET', { 'sec-purpose': 'prefetch;prerender' }],
  ['GET', { purpose: 'prefetch' }],
])('looking ahead at a callback uses nothing up (link scanners): %s %j', async (method, headers) => {
  const [browser, login] = [service.browser(), somebody()];
  const atOcto = await service.atSecondProvider(browser, login);
  const url = new URL(callbackOf(atOcto, { code: login }), service.issuer);
  const cookie = browser.cookiesFor(url.pathname);
  const { status } = await fetch(url, { method, redirect: 'manual', headers: { cookie, ...headers } });
  expect(status).toBe(503);
  const next = await service.answerLeg(browser, atOcto, { code: `octo.example-${login}` });
  expect(new URL(next.location ?? '').hostname).toBe('wiki.example');
});
