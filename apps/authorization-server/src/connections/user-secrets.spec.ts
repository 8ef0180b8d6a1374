import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

const KEY = 'sk-live-0123456789abcdef';
let service: TestService;

shareWorld(startServiceWorld, async ({ startAnother }) => {
  service = await startAnother({
    userSecrets: [
      {
        name: 'jira',
        label: 'Jira <API> token',
        help: 'https://jira.example/tokens?a=1&b=2',
        backends: ['issues', 'boards'],
      },
    ],
  });
});

let people = 0;

async function member() {
  const browser = service.browser();
  const login = `holder-${(people += 1)}`;
  const { answer } = await service.tokens(login, browser);
  const claims = decodeJwt(answer.access_token ?? '');
  const [accountId, tsid] = [claims.sub ?? '', String(claims['tsid'])];
  return { login, browser, accountId, tsid, link: `/connect/jira?session=${tsid}` };
}

const csrfOf = async (browser: TestBrowser): Promise<string> =>
  hiddenFields((await browser.get('/connections')).body)['csrf'] ?? '';
const post = async (browser: TestBrowser, fields: Readonly<Record<string, string>>) =>
  await browser.follow(await browser.post('/connections', fields));
const enter = async (browser: TestBrowser, secret: string, more: Readonly<Record<string, string>> = {}) =>
  await post(browser, {
    csrf: await csrfOf(browser),
    action: 'enter-secret',
    name: 'jira',
    secret,
    ...more,
  });
const enteredBy = (accountId: string): readonly string[] =>
  service.vault.entered.filter((one) => one.accountId === accountId).map(({ secret }) => secret);

describe('a secret on the connections page', () => {
  test('is entered, replaced and removed there, and never shown', async () => {
    const { browser, accountId } = await member();
    const missing = await browser.get('/connections');
    expect(missing.body).toMatch(/data-secret="jira"\s+data-state="missing"/);
    expect(missing.body).toContain('Jira &lt;API&gt; token');
    expect(missing.body).toContain('href="https://jira.example/tokens?a=1&amp;b=2"');
    expect(missing.body).toContain('Sent to: issues, boards');
    // What is copied has a line break at its end often.
    const entered = await enter(browser, `  ${KEY}\n`);
    expect(pageName(entered)).toBe('connections');
    expect(entered.url).not.toContain(KEY);
    expect(entered.body).toMatch(/data-secret="jira"\s+data-state="entered"/);
    expect(entered.body).not.toContain(KEY);
    await enter(browser, 'another');
    expect(enteredBy(accountId)).toEqual([KEY, 'another']);
    const removed = await post(browser, {
      csrf: await csrfOf(browser),
      action: 'disconnect',
      provider: 'jira',
    });
    expect(removed.body).toMatch(/data-secret="jira"\s+data-state="missing"/);
    expect(service.vault.connections.has(`${accountId} jira`)).toBe(false);
  });

  test.each([
    ['nothing', '   '],
    ['two lines', 'key\r\nX-Admin: 1'],
    ['letters of other alphabets', 'ключ-0123'],
    ['a control character', 'key\u0007'],
    ['more than fits into a header', 'x'.repeat(4_097)],
  ])('%s is refused with a reason, and not repeated', async (_what, secret) => {
    const { browser, accountId } = await member();
    const refused = await enter(browser, secret);
    expect([refused.status, pageName(refused)]).toEqual([400, 'unfit-secret']);
    expect(refused.body).toContain('1 to 4096 letters, digits and signs');
    if (secret.trim() !== '') expect(refused.body).not.toContain(secret.trim());
    expect(enteredBy(accountId)).toEqual([]);
  });
});

describe('attacks', () => {
  test('a form of another site (CSRF) or of another user enters nothing', async () => {
    const [one, other] = [await member(), await member()];
    for (const csrf of ['', await csrfOf(other.browser)])
      expect((await enter(one.browser, 'of-the-attacker', { csrf })).status).toBe(403);
    expect(enteredBy(one.accountId)).toEqual([]);
  });

  test('a signed-out browser enters nothing', async () => {
    const { browser } = await member();
    const csrf = await csrfOf(browser);
    const before = service.vault.entered.length;
    const form = { csrf, action: 'enter-secret', name: 'jira', secret: KEY };
    expect(pageName(await post(service.browser(), form))).toBe('signed-out');
    expect(service.vault.entered).toHaveLength(before);
  });

  test('nothing is entered for a provider, or for a name that is not configured', async () => {
    const { browser, accountId } = await member();
    for (const name of ['octo', 'nothing', '__proto__'])
      expect((await enter(browser, KEY, { name })).status).toBe(400);
    expect(enteredBy(accountId)).toEqual([]);
  });

  test("the link of somebody else's session leads nowhere (a secret for the wrong account)", async () => {
    const [attacker, victim] = [await member(), await member()];
    const page = await victim.browser.get(attacker.link);
    expect([page.status, pageName(page)]).toEqual([403, 'wrong-account']);
  });

  test('a signed-out browser signs in first, and somebody else gets no page for the link', async () => {
    const [owner, other] = [await member(), await member()];
    const begin = async (browser: TestBrowser) => {
      const page = await browser.get(owner.link);
      expect(pageName(page)).toBe('secret');
      return await browser.decide(page, 'continue');
    };
    const wrong = service.browser();
    const refused = await service.answerLeg(wrong, await begin(wrong), {
      code: `acme-sso.example-${other.login}`,
    });
    expect([refused.status, pageName(refused)]).toEqual([403, 'wrong-account']);
    const right = service.browser();
    const page = await service.answerLeg(right, await begin(right), {
      code: `acme-sso.example-${owner.login}`,
    });
    expect(pageName(page)).toBe('connections');
    await enter(right, KEY);
    expect(enteredBy(owner.accountId)).toEqual([KEY]);
  });

  test('a link of a session that is over, and one that was never one, have ended', async () => {
    const { browser } = await member();
    for (const session of ['6f3f1d4e-7a41-4c7e-9d53-0b8a4a6f1d11', 'nonsense'])
      expect(pageName(await browser.get(`/connect/jira?session=${session}`))).toBe('link-ended');
  });
});

test('the link of a client leads a signed-in person to the place on the page, and begins nothing', async () => {
  const { browser, link } = await member();
  const begun = service.vault.begun.length;
  const page = await browser.follow(await browser.get(link));
  expect(pageName(page)).toBe('connections');
  expect(page.body).toContain('id="jira"');
  expect(service.vault.begun).toHaveLength(begun);
});
