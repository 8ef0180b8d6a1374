import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PASSWORD } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Chromium, findChromium } from '../support/chromium.js';
import type { ChromiumTab } from '../support/chromium-tab.js';
import { ListeningClient } from '../support/listening-client.js';

const path = findChromium();
const where = path === undefined ? describe.skip : describe;
const WIDTH = 760;

/** The pictures of the documentation; `npm run docs:pictures` says where they are kept. */
where('pictures of the pages', () => {
  let world: World;
  let chromium: Chromium;
  let client: ListeningClient;
  let folder: string;

  beforeAll(async () => {
    [world, chromium] = await Promise.all([startWorld(), Chromium.start(path ?? '')]);
    client = await ListeningClient.start(world.mcpUrl, 'Claude Code');
    folder = process.env['GATEHOUSE_PICTURES'] ?? (await mkdtemp(join(tmpdir(), 'gatehouse-pictures-')));
  });
  afterAll(async () => {
    await Promise.all([client.close(), chromium.close(), world.close()]);
  });

  const keep = async (tab: ChromiumTab, name: string) => {
    await writeFile(join(folder, `${name}.png`), await tab.picture(WIDTH));
  };
  const logIn = async (tab: ChromiumTab) => {
    await tab.type('#login', 'alice');
    await tab.type('#password', PASSWORD);
    await tab.click('button[value="sign-in"]');
  };

  test('are taken of the approval, a provider, a provider that fails, and the connections', async () => {
    const tab = await chromium.open();
    await tab.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: 'light' }],
    });
    await tab.go(client.request().url);
    await tab.seesPage('consent');
    await keep(tab, 'consent');
    await tab.click('button[value="approve"]');
    await logIn(tab);
    await tab.sees('button[value="allow"]');
    await keep(tab, 'provider');
    await tab.click('button[value="allow"]');
    await logIn(tab);
    // The page before it has such a button as well (Cancel), and is there until it is left.
    await tab.click('button[value="allow"] + button[value="deny"]');
    await tab.seesPage('failure');
    await keep(tab, 'failure');
    await tab.click('button[value="retry"]');
    // A provider may know its person still.
    await tab.sees('#login, button[value="allow"]');
    if ((await tab.evaluate(`document.querySelector('#login') !== null`)) === true) await logIn(tab);
    await tab.click('button[value="allow"]');
    await tab.sees('#client');
    await tab.go(`${world.issuer}/connections`);
    await tab.seesPage('connections');
    await keep(tab, 'connections');
    expect((await readdir(folder)).filter((name) => name.endsWith('.png')).sort()).toEqual([
      'connections.png',
      'consent.png',
      'failure.png',
      'provider.png',
    ]);
  });
});
