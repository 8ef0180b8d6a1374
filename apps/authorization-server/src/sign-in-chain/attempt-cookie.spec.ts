import 'reflect-metadata';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

/** What Node takes of all headers together is 16 KiB; above it every page of ours is 431. */
const HARMLESS_BYTES = 4 * 1024;
const TIMES = 60;

let world: ServiceWorld;
let service: TestService;

beforeAll(async () => {
  world = await startServiceWorld();
  ({ service } = world);
});

afterAll(() => world.close());

const cookieCount = (browser: TestBrowser, name: string): number =>
  browser
    .cookiesFor('/')
    .split('; ')
    .filter((pair) => pair.startsWith(name)).length;

test('signing in to our own pages again and again does not fill the browser with cookies (lock-out by header size)', async () => {
  const login = 'patient';
  await service.tokens(login);
  const browser = service.browser();
  let away = await browser.get('/connections/sign-in');
  for (let times = 1; times < TIMES; times += 1) away = await browser.get('/connections/sign-in');
  expect(browser.cookiesFor('/connections').length).toBeLessThan(HARMLESS_BYTES);
  const page = await service.answerLeg(browser, away, { code: `acme-sso.example-${login}` });
  expect(pageName(page)).toBe('connections');
});

test('sign-ins that were left at the provider do not fill the browser with cookies (lock-out by header size)', async () => {
  const clientId = await service.register();
  const browser = service.browser();
  const leave = async () => await browser.decide(await service.approvalPage(browser, clientId), 'approve');
  let away = await leave();
  for (let times = 1; times < TIMES / 2; times += 1) away = await leave();
  expect(cookieCount(browser, 'gh-signin-')).toBeLessThanOrEqual(16);
  expect(browser.cookiesFor('/oauth/callback').length).toBeLessThan(HARMLESS_BYTES);
  const next = await service.answerLeg(browser, away, { code: 'acme-sso.example-leaver' });
  expect(new URL(next.location ?? '').hostname).toBe('octo.example');
});

test('several sign-ins in one browser at the same time all come to an end', async () => {
  const clientId = await service.register();
  const browser = service.browser();
  const left = [];
  for (let tab = 0; tab < 5; tab += 1)
    left.push(await browser.decide(await service.approvalPage(browser, clientId), 'approve'));
  for (const [tab, away] of left.entries()) {
    const next = await service.answerLeg(browser, away, { code: `acme-sso.example-tab-${tab}` });
    expect(new URL(next.location ?? '').hostname).toBe('octo.example');
  }
});

test('authorization requests that nobody answers send no more cookies than one does (lock-out by header size)', async () => {
  const clientId = await service.register();
  const browser = service.browser();
  const sent = async () => {
    const page = await service.approvalPage(browser, clientId);
    expect(pageName(page)).toBe('consent');
    return ['/oauth/authorize', '/connections', new URL(page.url).pathname].map(
      (path) => browser.cookiesFor(path).length,
    );
  };
  const first = await sent();
  let last = first;
  for (let times = 1; times < TIMES / 2; times += 1) last = await sent();
  expect(last).toEqual(first);
});
