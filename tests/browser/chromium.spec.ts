import { printFigure } from '@gatehouse/testing/figures';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { PASSWORD } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Chromium, findChromium, keepScreenshot } from '../support/chromium.js';
import type { ChromiumTab } from '../support/chromium-tab.js';
import { ListeningClient } from '../support/listening-client.js';

const path = findChromium();
const where = path === undefined ? describe.skip : describe;

test('Chromium is on this machine, or the run says that its tests were not run', () => {
  printFigure(
    path === undefined
      ? 'tests in Chromium: NOT RUN, there is no Chromium here (Debian, Ubuntu: apt-get install chromium)'
      : 'tests in Chromium: run',
  );
  expect(path === undefined || path.length > 0).toBe(true);
});

where('a person with Chromium, and two replicas of everything', () => {
  let world: World;
  let chromium: Chromium;
  let client: ListeningClient;

  beforeAll(async () => {
    [world, chromium] = await Promise.all([startWorld({ replicas: 2 }), Chromium.start(path ?? '')]);
  });
  afterAll(async () => {
    await Promise.all([chromium.close(), world.close()]);
  });
  beforeEach(async () => {
    await world.demonstration.reset();
    client = await ListeningClient.start(world.mcpUrl);
  });
  afterEach(() => client.close());

  const logIn = async (tab: ChromiumTab, login: string) => {
    await tab.type('#login', login);
    await tab.type('#password', PASSWORD);
    await tab.click('button[value="sign-in"]');
  };
  const allow = async (tab: ChromiumTab) => await tab.click('button[value="allow"]');
  /** The two providers in order, and then the client. */
  const throughBoth = async (tab: ChromiumTab, login: string) => {
    for (let provider = 0; provider < 2; provider += 1) {
      await logIn(tab, login);
      await allow(tab);
    }
    await tab.sees('#client');
  };
  const approve = 'button[value="approve"]';
  const redemptions = async (part: 'acme-sso' | 'octo') =>
    (await world.demonstration.counts())[part].redemptions['authorization_code'] ?? 0;
  const works = async (codeVerifier: string, login: string) => {
    const { access_token: token = '' } = await client.redeem(codeVerifier);
    expect((await whoAmI(world.mcpUrl, token, 'repos')).who?.subject).toBe(`octo-${login}`);
  };

  test('signs in by double clicks, and each provider is asked once', async () => {
    const [tab, request] = [await chromium.open(), client.request()];
    await tab.go(request.url);
    await tab.seesPage('consent');
    await keepScreenshot(tab, 'consent');
    await tab.doubleClick(approve);
    await throughBoth(tab, 'dora');
    await works(request.codeVerifier, 'dora');
    expect([await redemptions('acme-sso'), await redemptions('octo')]).toEqual([1, 1]);
  });

  test('stops and reloads while a provider keeps the vault waiting: the last navigation ends at the client', async () => {
    const [tab, request] = [await chromium.open(), client.request()];
    await tab.go(request.url);
    await tab.click(approve);
    const octo = await world.demonstration.holdNext('octo', 'token');
    await logIn(tab, 'edna');
    await allow(tab);
    await logIn(tab, 'edna');
    await allow(tab);
    await until(octo.isHeld);
    const callback =
      tab.requested.findLast((url) => url.startsWith(`${world.issuer}/oauth/callback/octo`)) ?? '';
    expect(callback).toContain('code=');
    await tab.stop();
    const reloaded = tab.go(callback);
    await octo.letGo();
    await reloaded;
    await tab.sees('#client');
    await works(request.codeVerifier, 'edna');
    expect(await redemptions('octo')).toBe(1);
  });

  test('goes back to the approval from each provider, and is led on', async () => {
    const [tab, request] = [await chromium.open(), client.request()];
    await tab.go(request.url);
    await tab.click(approve);
    await tab.sees('#login');
    await tab.back();
    // The browser shows the page of before, or asks for it again and is sent on.
    await until(async () =>
      /data-page="consent"|id="login"/.test(String(await tab.evaluate('document.body.outerHTML'))),
    );
    if ((await tab.evaluate(`document.querySelector('${approve}') !== null`)) === true)
      await tab.click(approve);
    await throughBoth(tab, 'frida');
    await works(request.codeVerifier, 'frida');
  });

  test('goes back after the end, and is told that it is finished', async () => {
    const [tab, request] = [await chromium.open(), client.request()];
    await tab.go(request.url);
    await tab.click(approve);
    await throughBoth(tab, 'gerda');
    await works(request.codeVerifier, 'gerda');
    const page = tab.requested.find((url) => url.startsWith(`${world.issuer}/sign-in/`)) ?? '';
    await tab.go(page);
    await tab.seesPage('signed-in');
    await keepScreenshot(tab, 'signed-in');
    expect(client.answers).toHaveLength(1);
  });

  test('has the same approval in two tabs: both lead to one session', async () => {
    const [one, request] = [await chromium.open(), client.request()];
    await one.go(request.url);
    await one.seesPage('consent');
    const two = await chromium.tab(one.browserContextId);
    await two.go(await one.url());
    await two.seesPage('consent');
    await one.click(approve);
    await throughBoth(one, 'hanna');
    await works(request.codeVerifier, 'hanna');
    await two.click(approve);
    await two.seesPage('signed-in');
    expect([await redemptions('acme-sso'), await redemptions('octo')]).toEqual([1, 1]);
  });

  test('comes back from a provider without a state, and goes on', async () => {
    const [tab, request] = [await chromium.open(), client.request()];
    await tab.go(request.url);
    await tab.click(approve);
    await tab.sees('#login');
    await tab.go(`${world.issuer}/oauth/callback/octo?code=x&setup_action=install`);
    await tab.seesPage('unasked');
    await keepScreenshot(tab, 'unasked');
    await tab.click('a.button.main');
    await throughBoth(tab, 'ilse');
    await works(request.codeVerifier, 'ilse');
  });

  test('is told by a client that was forgotten here how to make it forget', async () => {
    const tab = await chromium.open();
    await tab.go(client.request({ client_id: 'gone', redirect_uri: 'http://localhost:54545/callback' }).url);
    await tab.seesPage('error');
    await keepScreenshot(tab, 'stale-client');
    expect(await tab.text()).toContain('Claude Code');
  });

  test('denies at a provider, comes back by the history, and can still go on', async () => {
    const [tab, request] = [await chromium.open(), client.request()];
    await tab.go(request.url);
    await tab.click(approve);
    await logIn(tab, 'jutta');
    // The page before it has such a button as well (Cancel), and is there until it is left.
    await tab.click('button[value="allow"] + button[value="deny"]');
    await tab.seesPage('failure');
    await keepScreenshot(tab, 'failure');
    await tab.reload();
    await tab.seesPage('failure');
    await tab.doubleClick('button[value="retry"]');
    await throughBoth(tab, 'jutta');
    await works(request.codeVerifier, 'jutta');
  });

  test('signs out of the browser twice, in two tabs', async () => {
    const [one, request] = [await chromium.open(), client.request()];
    await one.go(request.url);
    await one.click(approve);
    await throughBoth(one, 'klara');
    await one.go(`${world.issuer}/connections`);
    await one.seesPage('connections');
    await keepScreenshot(one, 'connections');
    const two = await chromium.tab(one.browserContextId);
    await two.go(`${world.issuer}/connections`);
    await two.seesPage('connections');
    for (const tab of [one, two]) {
      await tab.click('.actions button');
      await tab.seesPage('signed-out');
    }
  });

  test('answers a page that is not current any more, and is given the current one', async () => {
    const [one, request] = [await chromium.open(), client.request()];
    await one.go(request.url);
    await one.click(approve);
    await throughBoth(one, 'lotte');
    const two = await chromium.tab(one.browserContextId);
    await one.go(client.request().url);
    await one.sees('button[value="another"]');
    await two.go(await one.url());
    await two.click('button[value="another"]');
    await two.seesPage('consent');
    await one.click('button.main');
    await one.seesPage('error');
    await keepScreenshot(one, 'not-current');
    await one.click('a.button.main');
    await one.seesPage('consent');
  });
});
