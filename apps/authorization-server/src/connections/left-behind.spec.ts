import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type Answer, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = started));

let people = 0;

async function member() {
  const browser = service.browser();
  const login = `member-${(people += 1)}`;
  const { clientId, answer } = await service.tokens(login, browser);
  return { login, browser, clientId, tsid: String(decodeJwt(answer.access_token ?? '')['tsid']) };
}

describe('a visit of the connect page that somebody left behind, and somebody else opens from the history, is over (takeover on a shared computer)', () => {
  /** As a client's "use another account" does it, without signing out first. */
  async function switchTo(browser: TestBrowser, login: string): Promise<void> {
    const page = await service.approvalPage(browser);
    const fields = { ...hiddenFields(page.body), decision: 'another' };
    const { location = '' } = await browser.post(page.url, fields);
    await service.signIn(browser, location, login);
  }

  const accountOf = async (browser: TestBrowser): Promise<string | undefined> =>
    /Name of [a-z.-]+example-([a-z]+-[0-9]+)/.exec((await browser.get('/connections')).body)?.[1];

  const pageOf = ({ location = '' }: Answer): string =>
    `/connect/attempt/${(new URL(location).searchParams.get('state') ?? '').split('.')[0] ?? ''}`;

  test.each([
    ['before the provider was visited', false],
    ['after the provider had answered', true],
  ])('%s', async (_when, hasAnswered) => {
    const [first, second] = [await member(), await member()];
    const { browser } = first;
    const away = await browser.decide(await browser.get('/connect/mail'), 'continue');
    await switchTo(browser, second.login);
    const adopted = service.vault.adopted.length;
    const end = hasAnswered
      ? await service.answerLeg(browser, away, { code: `mail-${second.login}` })
      : await browser.follow(await browser.get(pageOf(away)));
    expect([end.status, pageName(end)]).toEqual([403, 'wrong-account']);
    expect(service.vault.adopted).toHaveLength(adopted);
    expect(await accountOf(browser)).toBe(second.login);
  });

  test('even when they had proven who they are in it', async () => {
    const [first, second] = [await member(), await member()];
    const browser = service.browser();
    const away = await browser.decide(await browser.get(`/connect/mail?session=${first.tsid}`), 'continue');
    const atMail = await service.answerLeg(browser, away, { code: `acme-sso.example-${first.login}` });
    await service.signIn(browser, service.authorizeUrl(second.clientId).url, second.login);
    const end = await service.answerLeg(browser, atMail, { code: `mail-${second.login}` });
    expect([end.status, pageName(end)]).toEqual([403, 'wrong-account']);
    expect(await accountOf(browser)).toBe(second.login);
  });
});
