import 'reflect-metadata';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;

beforeAll(async () => {
  world = await startServiceWorld();
  ({ service } = world);
});

afterAll(() => world.close());

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
