import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { hiddenFields, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = started));

interface SignedIn {
  readonly clientId: string;
  readonly refreshToken: string;
}

interface Member extends SignedIn {
  readonly login: string;
  readonly browser: TestBrowser;
}

let people = 0;

/** Somebody who signed in from a client, and the browser they did it in. */
async function member(): Promise<Member> {
  const browser = service.browser();
  const login = `everywhere-${(people += 1)}`;
  const { clientId, answer } = await service.tokens(login, browser);
  return { login, browser, clientId, refreshToken: answer.refresh_token ?? '' };
}

/** Signs in once more, from another client of that name. */
const again = async ({ browser, login }: Member, name: string): Promise<SignedIn> => {
  const clientId = await service.register({ client_name: name });
  const { url, verifier } = service.authorizeUrl(clientId);
  const back = await service.signIn(browser, url, login);
  const tokens = await service.redeem(clientId, back.get('code') ?? '', verifier);
  return { clientId, refreshToken: tokens.refresh_token ?? '' };
};
const works = async ({ clientId, refreshToken }: SignedIn) =>
  (await service.refresh(clientId, refreshToken)).status === 200;

test('ends every session of one application, and leaves the others of that person', async () => {
  const someone = await member();
  const [editor, laptop, other] = [
    await again(someone, 'Editor <b>&"'),
    await again(someone, 'Editor <b>&"'),
    await again(someone, 'Assistant'),
  ];
  const page = await someone.browser.get('/connections');
  expect(page.body.match(/data-application="Editor &lt;b&gt;&amp;&quot;"/g)).toHaveLength(1);
  expect(page.body).toContain('Signed in 2 times');
  const { csrf = '' } = hiddenFields(page.body);
  const fields = { csrf, action: 'sign-out-everywhere', application: 'Editor <b>&"' };
  await someone.browser.post('/connections', fields);
  expect([await works(editor), await works(laptop), await works(other)]).toEqual([false, false, true]);
});

test('ends every session of a person at once, also one that came after the page was shown', async () => {
  const [someone, bystander] = [await member(), await member()];
  const first = await again(someone, 'Editor');
  const { csrf = '' } = hiddenFields((await someone.browser.get('/connections')).body);
  const later = await again(someone, 'Assistant');
  await someone.browser.post('/connections', { csrf, action: 'sign-out-everywhere' });
  expect([await works(someone), await works(first), await works(later)]).toEqual([false, false, false]);
  expect(await works(bystander)).toBe(true);
  expect((await someone.browser.get('/connections')).body).toContain('None at the moment.');
});

test("attack: signing out everywhere at an application that others use ends nobody else's session", async () => {
  const [attacker, victim] = [await member(), await member()];
  const theirs = await again(victim, 'Editor');
  await again(attacker, 'Editor');
  const { csrf = '' } = hiddenFields((await attacker.browser.get('/connections')).body);
  await attacker.browser.post('/connections', {
    csrf,
    action: 'sign-out-everywhere',
    application: 'Editor',
  });
  await attacker.browser.post('/connections', { csrf, action: 'sign-out-everywhere' });
  expect([await works(victim), await works(theirs)]).toEqual([true, true]);
});

test('attack: a form of another site signs nobody out everywhere (CSRF)', async () => {
  const someone = await member();
  const refused = await someone.browser.post('/connections', { csrf: '', action: 'sign-out-everywhere' });
  expect([refused.status, await works(someone)]).toEqual([403, true]);
});
