import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import fc from 'fast-check';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { pageName, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';
import { AttemptCookies } from './attempt-cookies.js';

/** What Node takes of all headers together is 16 KiB; above it every page of ours is 431. */
const HARMLESS_BYTES = 4 * 1024;
const TIMES = 60;

let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = started));

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

test('authorization requests that nobody answers do not fill the browser with cookies (lock-out by header size)', async () => {
  const clientId = await service.register();
  const browser = service.browser();
  const first = await service.approvalPage(browser, clientId);
  let page = first;
  for (let times = 1; times < TIMES / 2; times += 1) page = await service.approvalPage(browser, clientId);
  expect(cookieCount(browser, 'gh-signin-')).toBeLessThanOrEqual(16);
  expect(browser.cookiesFor('/oauth/authorize').length).toBeLessThan(HARMLESS_BYTES);
  expect(pageName(await browser.get(page.url))).toBe('consent');
  // The oldest makes room; it is told so, and can begin anew.
  expect((await browser.get(first.url)).body).toContain('attempt_wrong_browser');
});

describe('the cookie of an attempt', () => {
  const cookies = new AttemptCookies(new Secret('key'), true);
  const id = fc.stringMatching(/^[A-Za-z0-9_-]{21,22}$/);
  const pairOf = (begun: readonly string[]): string => begun[0]?.split(';')[0] ?? '';

  test('opens that attempt and no other, whatever else the browser sends', () => {
    fc.assert(
      fc.property(
        id,
        id,
        fc.array(fc.tuple(id, fc.stringMatching(/^[!-:<-~]{0,50}$/))),
        (one, other, junk) => {
          fc.pre(one !== other && junk.every(([name]) => name !== one));
          const header = [
            ...junk.map(([name, value]) => `__Host-gh-signin-${name}=${value}`),
            pairOf(cookies.begin(one, undefined)),
          ].join('; ');
          expect(cookies.of(one, header)).toEqual({ id: one, binding: cookies.bindingOf(one) });
          expect(cookies.bound(cookies.bindingOf(one), header)?.id).toBe(one);
          expect(cookies.of(other, header)).toBeUndefined();
          expect(cookies.bound(cookies.bindingOf(other), header)).toBeUndefined();
        },
      ),
    );
  });

  test('is nothing under another name, another key, without its prefix, or beside a second one (forgery)', () => {
    const pair = pairOf(cookies.begin('A'.repeat(21), undefined));
    const value = pair.split('=')[1] ?? '';
    const forged = pairOf(new AttemptCookies(new Secret('another'), true).begin('A'.repeat(21), undefined));
    for (const header of [
      `__Host-gh-signin-${'B'.repeat(21)}=${value}`,
      forged,
      pair.replace('__Host-', ''),
      pair.replace('__Host-', '__host-'),
      `${pair}; ${forged}`,
      `${forged}; ${pair}`,
      `${pair}; ${pair}`,
      '',
    ])
      for (const attempt of ['A'.repeat(21), 'B'.repeat(21)])
        expect([
          header,
          cookies.of(attempt, header),
          cookies.bound(cookies.bindingOf(attempt), header),
        ]).toEqual([header, undefined, undefined]);
    expect(cookies.bound(undefined, pair)).toBeUndefined();
  });
});
