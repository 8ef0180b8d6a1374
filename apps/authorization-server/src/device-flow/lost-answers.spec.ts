import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { Provider } from 'oidc-provider';
import { DeviceWorld } from '../testing/device-world.js';
import { said } from '../testing/exchange-world.js';
import { shareWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type Answer, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

/** Browsers that post the form for a code more than once, because its answer was lost or by a double click. At two replicas. */

let world: DeviceWorld;
let service: TestService;
shareWorld(
  async () => await DeviceWorld.start(),
  (started) => {
    world = started;
    ({ service } = started);
  },
);

/** Posts the form, and does not get the answer. @returns where it would have led */
async function lose(browser: TestBrowser, page: Answer, userCode: string): Promise<string | null> {
  const answer = await fetch(new URL('/device', service.local), {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: browser.cookiesFor('/device') },
    body: new URLSearchParams({ ...hiddenFields(page.body), user_code: userCode }),
  });
  expect(answer.headers.getSetCookie().join()).toContain('gh-signin-');
  return answer.headers.get('location');
}

test('the same browser goes on that posts again without the cookie of the first answer, and no other one does', async () => {
  const code = await world.code();
  const [browser, other] = [service.browser(), service.browser()];
  const page = await browser.get('/device');
  const lost = await lose(browser, page, code.userCode);
  expect(pageName(await world.enter(other, code.userCode))).toBe('device');
  const at = browser.through(world.replica.local);
  const again = await at.post(page.url, { ...hiddenFields(page.body), user_code: code.userCode });
  expect([again.status, new URL(again.location ?? '').pathname]).toEqual([303, lost]);
  expect(pageName(await world.enter(other, code.userCode))).toBe('device');
  expect((await other.get(again.location ?? '')).status).toBe(400);
  expect(pageName(await world.finish(at, await at.follow(again), world.somebody()))).toBe('device-approved');
  expect((await world.poll(code)).status).toBe(200);
});

test('a double click begins one sign-in, at whichever replicas', async () => {
  const code = await world.code();
  const browser = service.browser();
  const page = await browser.get('/device');
  const fields = { ...hiddenFields(page.body), user_code: code.userCode };
  const answers = await Promise.all(
    [service, world.replica, service, world.replica].map(({ local }) =>
      browser.through(local).post(page.url, fields),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303]);
  const [first, ...others] = answers.map(({ location }) => location);
  expect(new Set(others)).toEqual(new Set([first]));
  const asked = await browser.get(first ?? '');
  expect(pageName(await world.finish(browser, asked, world.somebody()))).toBe('device-approved');
});

test('attack: a second post that is slow does not take away what the person has answered', async () => {
  const { Interaction } = service.app.get(Provider, { strict: false });
  const code = await world.code();
  const browser = service.browser();
  const asked = await world.enter(browser, code.userCode);
  const uid = new URL(asked.url).pathname.split('/').at(-1) ?? '';
  // As the slow one is about to write it.
  const unanswered = await Interaction.find(uid);
  await browser.decide(asked, 'cancel');
  await unanswered?.persist();
  expect((await Interaction.find(uid))?.result).toMatchObject({ error: 'access_denied' });
  expect(said(await world.poll(code))).toBe('400 access_denied');
});

test('attack: whoever uses the browser after its person has signed out does not go on with a code of theirs', async () => {
  const [code, browser] = [await world.code(), service.browser()];
  await world.signIn(await world.code(), world.somebody(), browser);
  expect(pageName(await world.enter(browser, code.userCode))).toBe('consent');
  const page = await browser.get('/connections');
  await browser.post('/connections', { ...hiddenFields(page.body), action: 'leave' });
  expect(browser.cookiesFor('/device')).not.toContain('gh-');
  expect(pageName(await world.enter(browser, code.userCode))).toBe('device');
});

test('a form that is shown again can be posted for another hour, also after a code that nobody shows', async () => {
  const browser = service.browser();
  const cookieOf = ({ headers }: Answer): string | undefined =>
    headers.getSetCookie().find((line) => line.startsWith('gh-device='));
  const first = await browser.get('/device');
  expect(cookieOf(first)).toContain('Max-Age=3600');
  expect(cookieOf(await browser.get('/device'))).toBe(cookieOf(first));
  const refused = await browser.post(first.url, { ...hiddenFields(first.body), user_code: 'BCDF-GHJK' });
  expect([refused.status, cookieOf(refused)]).toEqual([400, cookieOf(first)]);
});
