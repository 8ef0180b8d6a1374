import 'reflect-metadata';
import { until } from '@gatehouse/testing/until';
import { afterEach, describe, expect, test } from '@jest/globals';
import { buttonOf, CallbackWorld, hostOf, times } from '../testing/callback-world.js';
import { shareWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import { callbackOf, REDIRECT_URI } from '../testing/test-service.js';

let world: CallbackWorld;

shareWorld(
  () => CallbackWorld.start(),
  (started) => (world = started),
);

afterEach(() => {
  world.vault.held = Promise.resolve();
});

describe('a callback goes on with the sign-in, and its code is redeemed once,', () => {
  test('when it is delivered twice', async () => {
    const person = await world.atCallback();
    const { browser, callback, state } = person;
    expect(hostOf(await browser.follow(await browser.get(callback)))).toBe('wiki.example');
    const again = await browser.follow(await browser.get(callback));
    expect(hostOf(again)).toBe('wiki.example');
    expect(times(world.vault.handedOver, state)).toBe(1);
    expect(await world.finishes(person, again)).toBe(true);
  });

  test('when it is delivered to two replicas at once, and the provider is slow', async () => {
    const person = await world.atCallback();
    const { browser, callback, state } = person;
    const release = world.hold();
    const tabs = [
      browser,
      browser.through(world.replica.local),
      browser,
      browser.through(world.replica.local),
    ];
    const ends = Promise.all(tabs.map(async (tab) => await tab.follow(await tab.get(callback))));
    await until(() => times(world.vault.handedOver, state) > 0);
    release();
    const at = await ends;
    expect(at.map(hostOf)).toEqual(Array(4).fill('wiki.example'));
    expect(times(world.vault.handedOver, state)).toBe(1);
    // Nobody was sent to the second provider again while its answer was on its way.
    const attempt = state.split('.')[0];
    const begun = world.vault.begun.filter(({ attemptId }) => attemptId === attempt);
    expect(begun.filter(({ provider }) => provider === 'octo')).toHaveLength(1);
    expect(await world.finishes(person, at.at(-1))).toBe(true);
  });

  test('when the browser went away before it had its answer, and comes back', async () => {
    const person = await world.atCallback();
    const { browser, callback, state } = person;
    const release = world.hold();
    await browser.leave(callback, () => times(world.vault.handedOver, state) > 0);
    const second = browser.through(world.replica.local);
    const reload = second.get(callback).then(async (answer) => await second.follow(answer));
    release();
    const at = await reload;
    expect(hostOf(at)).toBe('wiki.example');
    expect([times(world.vault.handedOver, state), times(world.vault.completed, state)]).toEqual([1, 1]);
    expect(await world.finishes(person, at)).toBe(true);
  });

  test('when it was delivered to a replica that died before it wrote down what came of it', async () => {
    const person = await world.atCallback();
    const { browser, callback, state } = person;
    await browser.follow(await browser.get(callback));
    // As the row was before: the vault has completed the leg, and nobody here knows.
    await world.change(`update attempts set state = state #- '{legs,octo}' #- '{arrivals}' where id = $1`, [
      state.split('.')[0],
    ]);
    const at = await browser.follow(await browser.get(callback));
    expect(hostOf(at)).toBe('octo.example');
    expect(
      await world.finishes(
        person,
        await world.service.answerLeg(browser, at, { code: `octo.example-${person.login}` }),
      ),
    ).toBe(true);
  });

  test('when the person goes back to it after a later step', async () => {
    const person = await world.atCallback();
    const { browser, callback } = person;
    const wiki = await browser.follow(await browser.get(callback));
    const failed = await world.service.answerLeg(browser, wiki, { error: 'access_denied' });
    expect(pageName(failed)).toBe('failure');
    expect(pageName(await browser.follow(await browser.get(callback)))).toBe('failure');
    const end = await browser.decide(failed, 'skip');
    expect(end.location?.startsWith(REDIRECT_URI)).toBe(true);
    expect((await browser.follow(await browser.get(callback))).location?.startsWith(REDIRECT_URI)).toBe(true);
  });

  test('when the provider said no: the page that says so is shown again, and a later answer counts', async () => {
    const person = await world.atCallback({ error: 'access_denied' });
    const { browser, callback, login } = person;
    const [first, second] = [
      await browser.follow(await browser.get(callback)),
      await browser.follow(await browser.get(callback)),
    ];
    expect([first, second].map(pageName)).toEqual(['failure', 'failure']);
    const again = await browser.decide(second, 'retry');
    const wiki = await world.service.answerLeg(browser, again, { code: `octo.example-${login}` });
    // The refusal of before comes once more, and refuses nothing.
    expect(hostOf(await browser.follow(await browser.get(callback)))).toBe('wiki.example');
    expect(await world.finishes(person, wiki)).toBe(true);
  });
});

test('while a provider keeps the vault waiting for long, the browser is told so, with a way on', async () => {
  const { browser, callback, state } = await world.atCallback();
  const release = world.hold();
  const first = browser.get(callback);
  await until(() => times(world.vault.handedOver, state) > 0);
  const page = await browser.follow(await browser.get(callback));
  expect(pageName(page)).toBe('wait');
  expect(page.body).toContain('octo');
  release();
  await first;
  const here = buttonOf(page);
  expect(hostOf(await browser.follow(await browser.get(here)))).toBe('wiki.example');
});

test('a provider that answers every visit with the same old callback is stopped, with a way on', async () => {
  const { browser, callback, state } = await world.atCallback({ error: 'access_denied' });
  const pages = [];
  for (let visits = 0; visits < 8; visits += 1) pages.push(await browser.get(callback));
  const last = pages.at(-1);
  expect([last?.status, last === undefined ? '' : pageName(last)]).toEqual([400, 'error']);
  expect(last?.body).toContain('Go on with the sign-in');
  expect(times(world.vault.handedOver, state)).toBe(1);
});

describe('nothing is redeemed by', () => {
  const NOT_VISITS: [string, Record<string, string>][] = [
    ['a browser that looks ahead', { 'sec-purpose': 'prefetch' }],
    ['a browser that renders ahead', { 'sec-purpose': 'prefetch;prerender' }],
    ['an older browser that looks ahead', { purpose: 'prefetch' }],
    ['an image of another page', { 'sec-fetch-dest': 'image' }],
    ['a frame of another page', { 'sec-fetch-dest': 'iframe' }],
  ];

  test.each(NOT_VISITS)('%s, at a callback', async (_who, headers) => {
    const person = await world.atCallback();
    const { browser, callback, state } = person;
    const looked = await browser.get(callback, headers);
    expect([looked.status, looked.body, looked.headers.get('cache-control')]).toEqual([503, '', 'no-store']);
    expect(times(world.vault.handedOver, state)).toBe(0);
    expect(await world.finishes(person, await browser.follow(await browser.get(callback)))).toBe(true);
  });

  test.each(NOT_VISITS)('%s, at the page of a sign-in and at its last step', async (_who, headers) => {
    const [login, browser, clientId] = [
      world.somebody(),
      world.service.browser(),
      await world.service.register(),
    ];
    const { url, verifier } = world.service.authorizeUrl(clientId);
    const page = await browser.follow(await browser.get(url));
    const begun = world.vault.begun.length;
    expect((await browser.get(page.url, headers)).status).toBe(503);
    let at = await browser.decide(page, 'approve');
    expect(world.vault.begun).toHaveLength(begun + 1);
    for (const provider of ['acme-sso', 'octo'])
      at = await world.service.answerLeg(browser, at, { code: `${provider}.example-${login}` });
    const callback = callbackOf(at, { code: `wiki.example-${login}` });
    const { location = '' } = await browser.get((await browser.get(callback)).location ?? '');
    expect(new URL(location).pathname).toContain('/oauth/authorize/');
    expect((await browser.get(location, headers)).status).toBe(503);
    const code = new URL((await browser.get(location)).location ?? '').searchParams.get('code') ?? '';
    expect((await world.service.redeem(clientId, code, verifier)).status).toBe(200);
  });

  test('a scanner of links that asks for the headers alone', async () => {
    const person = await world.atCallback();
    const { browser, callback, state } = person;
    const { pathname, search } = new URL(callback, world.service.issuer);
    const looked = await fetch(world.service.local + pathname + search, {
      method: 'HEAD',
      headers: { cookie: browser.cookiesFor('/') },
    });
    expect(looked.status).toBe(503);
    expect(times(world.vault.handedOver, state)).toBe(0);
    expect(await world.finishes(person, await browser.follow(await browser.get(callback)))).toBe(true);
  });

  test('a scanner of links that opens them in a browser of its own, before or after', async () => {
    const person = await world.atCallback();
    const { browser, callback, state } = person;
    const scanned = async () => {
      const answer = await world.service.browser().get(callback);
      expect([answer.status, pageName(answer)]).toEqual([400, 'error']);
      expect(answer.body).toContain('callback_wrong_browser');
    };
    await scanned();
    expect(times(world.vault.handedOver, state)).toBe(0);
    const at = await browser.follow(await browser.get(callback));
    await scanned();
    expect(await world.finishes(person, at)).toBe(true);
  });
});
