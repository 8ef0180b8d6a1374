import 'reflect-metadata';
import { randomToken } from '@gatehouse/kernel/ids';
import { describe, expect, test } from '@jest/globals';
import { buttonOf, CallbackWorld, hostOf } from '../testing/callback-world.js';
import { shareWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';

let world: CallbackWorld;

shareWorld(
  () => CallbackWorld.start(),
  (started) => (world = started),
);

describe('a callback without state', () => {
  const STATELESS = [
    ['that only says no', '?error=access_denied', 'Your sign-in can go on'],
    ['of an installation of a GitHub App', '?code=x&setup_action=install', 'Go on after the set-up at octo'],
    ['of a request for an installation', '?setup_action=request', 'Go on after the set-up at octo'],
    ['whose state is empty', '?code=x&state=', 'Your sign-in can go on'],
    ['with nothing at all', '', 'Your sign-in can go on'],
  ] as const;

  test.each(STATELESS)('%s names the sign-in of this browser, which goes on', async (_what, query, title) => {
    const person = await world.atCallback();
    const { browser, login } = person;
    const handed = world.vault.handedOver.length;
    const page = await browser.through(world.replica.local).get(`/oauth/callback/octo${query}`);
    expect([page.status, pageName(page)]).toEqual([200, 'unasked']);
    expect(page.body).toContain(`<h1>${title}</h1>`);
    expect(page.body).toContain('octo sent you here');
    expect(page.body).toContain('Your sign-in for “Test Client”');
    const here = buttonOf(page);
    const at = await browser.follow(await browser.get(here));
    expect(hostOf(at)).toBe('octo.example');
    expect(world.vault.handedOver).toHaveLength(handed);
    expect(
      await world.finishes(
        person,
        await world.service.answerLeg(browser, at, { code: `octo.example-${login}` }),
      ),
    ).toBe(true);
  });

  // RFC 9700, section 4.7.
  test('with a code of the attacker connects nobody to the attacker’s account (login CSRF)', async () => {
    const { browser } = await world.atCallback();
    const handed = world.vault.handedOver.length;
    await browser.get(`/oauth/callback/octo?code=attacker&setup_action=install`);
    await browser.get('/oauth/callback/octo?code=attacker');
    expect(world.vault.handedOver).toHaveLength(handed);
  });

  test('in a browser that has begun nothing, or has finished, is a page that says so', async () => {
    const browser = world.service.browser();
    await world.service.tokens(world.somebody(), browser);
    for (const one of [browser, world.service.browser()]) {
      const answer = await one.get('/oauth/callback/octo?error=access_denied');
      expect([answer.status, pageName(answer)]).toEqual([400, 'error']);
    }
  });

  test('names a visit of the connect page as well', async () => {
    const browser = world.service.browser();
    await world.service.tokens(world.somebody(), browser);
    await browser.decide(await browser.get('/connect/mail'), 'continue');
    const page = await browser.get('/oauth/callback/mail?error=access_denied');
    expect(page.body).toContain('Your visit to connect mail');
    const here = buttonOf(page);
    expect(hostOf(await browser.follow(await browser.get(here)))).toBe('mail.example');
  });

  test('never shows what its sender wrote (content of a forged link)', async () => {
    const { browser } = await world.atCallback();
    const { body } = await browser.get('/oauth/callback/octo?error=call-this-number&error_description=0800');
    expect(body).not.toMatch(/call-this-number|0800/);
  });
});

describe('a callback that is refused says what to do, with a button that does it,', () => {
  test('when it is of a sign-in of another browser, and this one has its own', async () => {
    const victim = await world.atCallback();
    const attacker = await world.atCallback({ code: 'octo.example-attacker' });
    const page = await victim.browser.get(attacker.callback);
    expect([page.status, pageName(page)]).toEqual([400, 'error']);
    expect(page.body).toContain('callback_wrong_browser');
    const here = buttonOf(page);
    const at = await victim.browser.follow(await victim.browser.get(here));
    const end = await world.service.answerLeg(victim.browser, at, { code: `octo.example-${victim.login}` });
    expect(await world.finishes(victim, end)).toBe(true);
  });

  test('when it came to the callback of another provider, and its own answer still counts (mix-up)', async () => {
    const person = await world.atCallback();
    const { browser, callback, state } = person;
    const page = await browser.get(callback.replace('/octo', '/wiki'));
    expect([page.status, pageName(page)]).toEqual([400, 'error']);
    expect(page.body).toContain('callback_wrong_provider');
    expect(page.body).toContain('Go on with the sign-in');
    expect(page.body).not.toContain(state);
    expect(await world.finishes(person, await browser.follow(await browser.get(callback)))).toBe(true);
  });

  test('when the provider took longer than the attempt lived: another one begins there, with the approval', async () => {
    const { browser, callback, state } = await world.atCallback();
    await world.change('delete from attempts where id = $1', [state.split('.')[0]]);
    const page = await browser.get(callback);
    expect([page.status, pageName(page)]).toEqual([400, 'error']);
    const here = buttonOf(page);
    expect(pageName(await browser.follow(await browser.get(here)))).toBe('consent');
  });

  test('when its state is made up', async () => {
    const { browser } = await world.atCallback();
    const page = await browser.get(`/oauth/callback/octo?state=${randomToken(16)}.x&code=y`);
    expect([page.status, pageName(page)]).toEqual([400, 'error']);
    expect(page.body).toContain('Go on with the sign-in');
  });
});
