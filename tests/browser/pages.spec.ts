import { PASSWORD } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { violations } from '../support/axe.js';
import { Chromium, findChromium, keepScreenshot } from '../support/chromium.js';
import type { ChromiumTab } from '../support/chromium-tab.js';
import { ListeningClient } from '../support/listening-client.js';

const path = findChromium();
const where = path === undefined ? describe.skip : describe;

const SIZES = [
  { width: 1_280, height: 800 },
  { width: 390, height: 844 },
] as const;
const SCHEMES = ['light', 'dark'] as const;

const drawing = (color: string): string => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" rx="2" fill="${color}"/></svg>`;
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
};

const BRANDING = `  branding:
    name: Acme Tools
    logo: ${drawing('#7a1f5c')}
    color: "#7a1f5c"
    supportUrl: mailto:help@acme.example
    termsUrl: https://acme.example/terms
`;

/** The demonstration, as an operator would make it their own. */
const branded = (yaml: string): string =>
  yaml
    .replace(/^authServer:\n/m, (line) => line + BRANDING)
    .replace(
      /^( +)- name: octo\b.*\n/m,
      (line, indent: string) =>
        `${line}${indent}  displayName: Octo Code\n${indent}  logo: ${drawing('#24292f')}\n${indent}  scopeDescriptions: { repo: read and change your repositories }\n`,
    )
    .replace(/\{ name: repos,/, `{ name: repos, displayName: Repositories, logo: "${drawing('#1f5f4a')}",`);

where('the pages, at both sizes, light and dark', () => {
  let world: World;
  let chromium: Chromium;
  let client: ListeningClient;
  let tab: ChromiumTab;

  beforeAll(async () => {
    [world, chromium] = await Promise.all([startWorld({ configure: branded }), Chromium.start(path ?? '')]);
    client = await ListeningClient.start(world.mcpUrl, 'Claude Code');
    tab = await chromium.open();
  });
  afterAll(async () => {
    await Promise.all([client.close(), chromium.close(), world.close()]);
  });

  /** What of a page's decisions is not wholly in the window, without scrolling. */
  const outside = async (): Promise<unknown> =>
    await tab.evaluate(`[...document.querySelectorAll('.decide .actions button, main > .actions > .main')]
      .filter((element) => {
        const { top, left, bottom, right } = element.getBoundingClientRect();
        return top < 0 || left < 0 || bottom > innerHeight || right > innerWidth;
      })
      .map((element) => element.textContent.trim())`);

  const looksRight = async (name: string): Promise<void> => {
    for (const { width, height } of SIZES)
      for (const scheme of SCHEMES) {
        const look = `${name} ${width}x${height} ${scheme}`;
        const features = [{ name: 'prefers-color-scheme', value: scheme }];
        await tab.send('Emulation.setEmulatedMedia', { features });
        const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
        await tab.send('Emulation.setDeviceMetricsOverride', metrics);
        await until(async () => (await tab.evaluate('innerWidth')) === width);
        await tab.evaluate('scrollTo(0, 0)');
        await keepScreenshot(tab, look.replaceAll(' ', '-'));
        expect([look, await outside()]).toEqual([look, []]);
        const isWide = await tab.evaluate('document.documentElement.scrollWidth > innerWidth');
        expect([look, isWide]).toEqual([look, false]);
        expect([look, await violations(tab)]).toEqual([look, []]);
      }
    await tab.send('Emulation.clearDeviceMetricsOverride');
  };

  const at = async (url: string, page: string): Promise<void> => {
    await tab.go(url);
    await tab.seesPage(page);
  };
  const logIn = async (): Promise<void> => {
    await tab.type('#login', 'alice');
    await tab.type('#password', PASSWORD);
    await tab.click('button[value="sign-in"]');
  };

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
    await tab.click('button[value="approve"]');
    await logIn();
    await tab.click('button[value="allow"]');
    await logIn();
    // The page before it has such a button as well (Cancel), and is there until it is left.
    await tab.click('button[value="allow"] + button[value="deny"]');
    await tab.seesPage('failure');
    await looksRight('failure');
    await tab.click('button[value="retry"]');
    await tab.sees('#login, button[value="allow"]');
    if ((await tab.evaluate(`document.querySelector('#login') !== null`)) === true) await logIn();
    await tab.click('button[value="allow"]');
    await tab.sees('#client');
    await at(`${world.issuer}/connections`, 'connections');
    await looksRight('connections');
    await at(`${world.issuer}/connect/octo`, 'connect');
    await looksRight('connect');
    await at(client.request().url, 'continue');
    await looksRight('continue');
  });

  test('attack: nothing of the branding makes a browser ask another host', () => {
    const hosts = tab.fetched.filter((url) => /^https?:/.test(url)).map((url) => new URL(url).hostname);
    expect(hosts.filter((host) => !['localhost', '127.0.0.1'].includes(host))).toEqual([]);
    const own = tab.fetched.filter((url) => url.startsWith(`${world.issuer}/pages/branding/`));
    expect(own.filter((url) => url.endsWith('.svg')).length).toBeGreaterThan(0);
    expect(own.filter((url) => url.endsWith('.css')).length).toBeGreaterThan(0);
  });
});
