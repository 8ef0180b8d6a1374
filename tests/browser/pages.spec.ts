import { PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import { freePort } from '@gatehouse/testing/free-port';
import { OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Chromium, findChromium } from '../support/chromium.js';
import type { ChromiumTab } from '../support/chromium-tab.js';
import { inAuthorizationServer } from '../support/database.js';
import { ListeningClient } from '../support/listening-client.js';
import { pageNames, PageWalk } from '../support/page-walk.js';
import { withEveryPage, TELEVISION_SECRET } from '../support/pages-configuration.js';

const path = findChromium();
const where = path === undefined ? describe.skip : describe;

where('the pages, at both sizes, light and dark', () => {
  let world: World;
  let chromium: Chromium;
  let client: ListeningClient;
  let tab: ChromiumTab;
  let administrationUrl: string;

  beforeAll(async () => {
    const port = await freePort();
    administrationUrl = `http://localhost:${port}`;
    const starting = startWorld({
      configure: (yaml) => withEveryPage(yaml, port),
      environment: { 'authorization-server': { TELEVISION_SECRET } },
      demonstrationFlags: (portBase) =>
        ['acme-sso', 'octo', 'octo-more'].flatMap((name) => [
          '--callback-url',
          `http://localhost:${portBase + PORT_OFFSETS['authorization-server']}/oauth/callback/${name}`,
        ]),
    });
    [world, chromium] = await Promise.all([starting, Chromium.start(path ?? '')]);
    client = await ListeningClient.start(world.mcpUrl, 'Claude Code');
    tab = await chromium.open();
  });
  afterAll(async () => {
    await Promise.all([client.close(), chromium.close(), world.close()]);
  });

  const walk = new PageWalk();
  const looksRight = async (name: string, where = tab): Promise<void> => {
    expect(await walk.faultsOf(where, name)).toEqual([]);
  };

  const at = async (url: string, page: string, where = tab): Promise<void> => {
    await where.go(url);
    await where.seesPage(page);
  };
  const has = async (where: ChromiumTab, selector: string): Promise<boolean> =>
    (await where.evaluate(`document.querySelector(${JSON.stringify(selector)}) !== null`)) === true;
  /** Does something that leaves the page, and waits until it is left. */
  const leaves = async (where: ChromiumTab, act: () => Promise<void>): Promise<void> => {
    await where.evaluate('window.isLeft = true');
    await act();
    await until(async () => (await where.evaluate('window.isLeft')) === undefined, 30_000);
  };
  const clicks = async (where: ChromiumTab, selector: string): Promise<void> => {
    await leaves(where, () => where.click(selector));
  };
  const logIn = async (where = tab, login = 'alice'): Promise<void> => {
    await where.type('#login', login);
    await where.type('#password', PASSWORD);
    await clicks(where, 'button[value="sign-in"]');
  };
  const ALLOW = 'button[value="allow"]';
  const APPROVE = 'button[value="approve"]';
  /** Whatever the providers ask, until something is there that is none of theirs. */
  const through = async (where: ChromiumTab, login: string, end: string): Promise<void> => {
    for (;;) {
      await where.sees(`${end}, #login, ${ALLOW}`);
      if (await has(where, end)) return;
      await ((await has(where, '#login')) ? logIn(where, login) : clicks(where, ALLOW));
    }
  };
  /** A browser in which nobody is signed in, behind the first provider. */
  const behindFirst = async (login: string): Promise<ChromiumTab> => {
    const guest = await chromium.open();
    await at(client.request().url, 'consent', guest);
    await clicks(guest, APPROVE);
    await logIn(guest, login);
    await clicks(guest, ALLOW);
    return guest;
  };
  const pageOf = (where: ChromiumTab): string =>
    where.requested.find((url) => url.startsWith(`${world.issuer}/sign-in/`)) ?? '';

  test.each([
    ['home', () => `${world.issuer}/`],
    ['not-found', () => `${world.issuer}/nothing/here`],
    ['error', () => client.request({ client_id: 'gone' }).url],
    ['signed-out', () => `${world.issuer}/connections`],
  ])('%s', async (page, url) => {
    await at(url(), page);
    await looksRight(page);
    expect(await tab.text()).toContain('Acme Tools');
  });

  test('the approval, a provider that says no, the connections, the way back', async () => {
    await at(client.request().url, 'consent');
    await looksRight('consent');
    const text = await tab.text();
    for (const said of [
      'Octo Code',
      'Repositories',
      'read and change your repositories',
      'see your email address',
      'Without an account of yours',
      'tickets-self',
      'reports',
      'status',
    ])
      expect(text).toContain(said);
    await clicks(tab, APPROVE);
    await logIn();
    await clicks(tab, ALLOW);
    await logIn();
    await clicks(tab, 'button[value="allow"] + button[value="deny"]');
    await looksRight('failure');
    await tab.click('button[value="retry"]');
    await through(tab, 'alice', '#client');
    await at(`${world.issuer}/connections`, 'connections');
    await looksRight('connections');
    await at(`${world.issuer}/connect/octo`, 'connect');
    await looksRight('connect');
    await at(client.request().url, 'continue');
    await looksRight('continue');
  });

  test('what a link of a client leads to', async () => {
    await at(`${world.issuer}/connections`, 'connections');
    const session = String(await tab.evaluate(`document.querySelector('[data-session]')?.dataset.session`));
    await at(`${world.issuer}/connect/octo`, 'connect');
    await clicks(tab, 'button[value="cancel"]');
    await looksRight('cancelled');
    await at(`${world.issuer}/connect/octo`, 'connect');
    await tab.click('button[value="continue"]');
    await through(tab, 'alice', 'main[data-page="connected"]');
    await looksRight('connected');
    await at(`${world.issuer}/connect/nobody?session=${session}`, 'link-ended');
    await looksRight('link-ended');
    for (const end of ['wrong-account', 'no-account']) {
      await tab.go(`${world.issuer}/connect/ended/${end}`);
      await looksRight(end);
    }
    const guest = await chromium.open();
    await at(`${world.issuer}/connect/jira?session=${session}`, 'secret', guest);
    await looksRight('secret', guest);
    await at(`${world.issuer}/connections`, 'connections');
    await tab.type('#secret-of-jira', 'ä');
    await clicks(tab, '#jira .entry button');
    await looksRight('unfit-secret');
  });

  test('between the providers, and back from one of them', async () => {
    const guest = await behindFirst('bert');
    await guest.go(`${world.issuer}/oauth/callback/octo?code=x&setup_action=install`);
    await looksRight('unasked', guest);
    await clicks(guest, 'a.button.main');
    await logIn(guest, 'bert');
    await through(guest, 'bert', '#client');
    await inAuthorizationServer(
      world,
      "update sessions set opened_at = opened_at - interval '31 minutes', used_at = used_at - interval '31 minutes'",
    );
    await guest.go(pageOf(guest));
    await looksRight('sign-in-over', guest);
  });

  test('while a provider keeps the vault waiting, and after the end', async () => {
    const request = client.request();
    const guest = await chromium.open();
    await at(request.url, 'consent', guest);
    await clicks(guest, APPROVE);
    await logIn(guest, 'carl');
    await clicks(guest, ALLOW);
    const octo = await world.demonstration.holdNext('octo', 'token');
    await logIn(guest, 'carl');
    await guest.click(ALLOW);
    await until(octo.isHeld);
    const [server] = world.replicas['authorization-server'];
    await server?.kill();
    await octo.letGo();
    await server?.start();
    await guest.go(pageOf(guest));
    await looksRight('wait', guest);
    await until(async () => {
      if (await has(guest, 'main[data-page="wait"]')) await clicks(guest, 'a.button.main');
      return await has(guest, `#client, ${ALLOW}, button[value="retry"]`);
    }, 120_000);
    if (await has(guest, 'button[value="retry"]')) await clicks(guest, 'button[value="retry"]');
    await through(guest, 'carl', '#client');
    await client.redeem(request.codeVerifier);
    await guest.go(pageOf(guest));
    await looksRight('signed-in', guest);
  });

  test('for somebody who may not sign in', async () => {
    const guest = await behindFirst('mallory');
    await looksRight('refused', guest);
  });

  test('for a device', async () => {
    const code = async (): Promise<{ readonly verification_uri_complete: string }> => {
      const discovery = await fetch(`${world.issuer}/.well-known/openid-configuration`);
      const metadata = (await discovery.json()) as { readonly device_authorization_endpoint: string };
      const response = await fetch(metadata.device_authorization_endpoint, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`television:${TELEVISION_SECRET}`).toString('base64')}`,
        },
        body: new URLSearchParams({ resource: world.mcpUrl }),
      });
      return (await response.json()) as { readonly verification_uri_complete: string };
    };
    const guest = await chromium.open();
    const entered = async (): Promise<void> => {
      await at((await code()).verification_uri_complete, 'device-confirm', guest);
      await clicks(guest, 'button.main');
      await guest.sees('button[value="cancel"]');
    };
    await at(new URL((await code()).verification_uri_complete).href.split('?')[0] ?? '', 'device', guest);
    await looksRight('device', guest);
    await at((await code()).verification_uri_complete, 'device-confirm', guest);
    await looksRight('device-confirm', guest);
    await clicks(guest, 'button.main');
    await clicks(guest, APPROVE);
    await through(guest, 'dirk', 'main[data-page^="device-"]');
    await looksRight('device-approved', guest);
    await entered();
    await clicks(guest, 'button[value="cancel"]');
    await looksRight('device-refused', guest);
    await entered();
    await inAuthorizationServer(
      world,
      `update oidc_records set payload = payload || '{"exp":1}' where model = 'DeviceCode'`,
    );
    await clicks(guest, 'button.main');
    await through(guest, 'dirk', 'main[data-page^="device-"]');
    await looksRight('device-over', guest);
  });

  test('for somebody who administers', async () => {
    const administering = (await OAuthClient.register(world.mcpUrl)).configured('console', administrationUrl);
    const guest = await chromium.open();
    await guest.go(administering.authorizationRequest({ scope: 'openid gatehouse:admin' }).url);
    await looksRight('administer', guest);
  });

  test('where a client asks for the person to be signed out', async () => {
    const discovery = await fetch(`${world.issuer}/.well-known/openid-configuration`);
    const metadata = (await discovery.json()) as { readonly end_session_endpoint: string };
    await tab.go(metadata.end_session_endpoint);
    await looksRight('confirm-logout');
    await clicks(tab, 'button[value="leave"]');
    await looksRight('logged-out');
  });

  test('every page that there is was looked at', () => {
    // The browser leaves that one by itself, before anybody can look; it is made as `wait` is.
    expect([...walk.seen, 'onward'].sort()).toEqual(pageNames());
  });

  test('attack: nothing of the branding makes a browser ask another host', () => {
    const hosts = tab.fetched.filter((url) => /^https?:/.test(url)).map((url) => new URL(url).hostname);
    expect(hosts.filter((host) => !['localhost', '127.0.0.1'].includes(host))).toEqual([]);
    const own = tab.fetched.filter((url) => url.startsWith(`${world.issuer}/pages/branding/`));
    expect(own.filter((url) => url.endsWith('.svg')).length).toBeGreaterThan(0);
    expect(own.filter((url) => url.endsWith('.css')).length).toBeGreaterThan(0);
  });
});
