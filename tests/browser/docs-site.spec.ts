import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printFigure } from '@gatehouse/testing/figures';
import { Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { violations } from '../support/axe.js';
import { Chromium, findChromium, keepScreenshot } from '../support/chromium.js';
import type { ChromiumTab } from '../support/chromium-tab.js';
import { brokenLinks, foreignRequests } from '../support/site-links.js';

const ADDRESS = /Open (http:\S+)/;
const EARLIER = 'v0.0';
const path = findChromium();
const where = path === undefined ? describe.skip : describe;

let out: string;
let site: Program;
let address: string;
/** The files of the one version that was built. */
let version: string;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'gatehouse-docs-'));
  // What was built before stays beside it.
  await mkdir(join(out, EARLIER));
  await writeFile(join(out, EARLIER, 'index.html'), '<!doctype html><title>Before</title>');
  const beganMs = performance.now();
  site = await new Program({
    name: 'npm run docs',
    script: inRepository('tools/docs.mjs'),
    args: ['--no-install', '--serve', '--port', '0', '--out', out, '--base', '/gatehouse/'],
    isReady: (output) => ADDRESS.test(output),
  }).start();
  printFigure(`the documentation site: built in ${((performance.now() - beganMs) / 1_000).toFixed(1)} s`);
  address = ADDRESS.exec(site.output)?.[1] ?? '';
  version = join(out, (await readdir(out)).find((name) => /^v\d/.test(name) && name !== EARLIER) ?? '');
});
afterAll(async () => {
  await site.stop();
  await rm(out, { recursive: true, force: true });
});

describe('the site of the documentation', () => {
  test('has no link, anchor or image that leads nowhere', async () => {
    const { looked, problems } = await brokenLinks(out, '/gatehouse/');
    expect(problems).toEqual([]);
    expect(looked).toBeGreaterThan(1_000);
  });

  test('names nothing of another host that a browser would ask for', async () => {
    expect(await foreignRequests(out)).toEqual([]);
  });

  test('leads to the newest version, and lists the versions', async () => {
    const first = await (await fetch(address)).text();
    const newest = version.slice(out.length + 1);
    expect(first).toContain(`url=${newest}/`);
    const list = await (await fetch(`${address}versions.html`)).text();
    expect([...list.matchAll(/<a href="([^"]+)"/g)].map(([, to]) => to)).toEqual([
      `${newest}/`,
      `${EARLIER}/`,
    ]);
    // Each version's own link to the list is a page that leads there.
    expect(await (await fetch(`${address}${newest}/versions.html`)).text()).toContain('url=../versions.html');
  });

  test('has for programs a list of all pages, all pages in one file, and the Markdown beside each', async () => {
    const [list, all] = ['llms.txt', 'llms-full.txt'].map((name) =>
      readFileSync(join(version, name), 'utf8'),
    );
    const listed = [...(list ?? '').matchAll(/\]\((\S+\.md)\)/g)].map(([, link]) => link ?? '');
    expect(listed.length).toBeGreaterThan(60);
    for (const link of listed) {
      const response = await fetch(new URL(link, address));
      expect([link, response.status, response.headers.get('content-type')]).toEqual([
        link,
        200,
        'text/markdown; charset=utf-8',
      ]);
      expect(await response.text()).toMatch(/^#\s/m);
    }
    expect(all).toContain('# Failure modes');
  });
});

where('a reader with Chromium', () => {
  let chromium: Chromium;
  beforeAll(async () => {
    chromium = await Chromium.start(path ?? '');
  });
  afterAll(() => chromium.close());

  const open = async (page: string, scheme: 'light' | 'dark' = 'light'): Promise<ChromiumTab> => {
    const tab = await chromium.open();
    await tab.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    });
    await tab.go(`${address}${version.slice(out.length + 1)}/${page}`);
    await tab.sees('.VPContent');
    // The page is alive when its diagrams are drawn and its script has set the colours.
    await until(async () => (await tab.evaluate(`document.querySelector('pre.diagram') === null`)) === true);
    await until(
      async () =>
        (await tab.evaluate(`document.documentElement.classList.contains('dark')`)) === (scheme === 'dark'),
    );
    return tab;
  };

  /** One page of each kind: the first, with a diagram; a guide; a concept; generated reference; a decision; one that is not there. */
  const KINDS = [
    ['the first page', 'index.html'],
    ['a page with pictures', 'start/what-a-person-sees.html'],
    ['a guide', 'guides/authentication.html'],
    ['an example', 'examples/index.html'],
    ['a concept', 'concepts/backend-authentication.html'],
    ['a reference', 'failure-modes.html'],
    ['a page of contracts', 'reference/nats-contracts.html'],
    ['a page of a provider', 'providers/github.html'],
    ['a decision', 'adr/0043-the-site-is-made-by-vitepress.html'],
  ] as const;

  for (const scheme of ['light', 'dark'] as const)
    for (const [kind, page] of KINDS)
      test(`finds nothing in the way of accessibility on ${kind}, in ${scheme}`, async () => {
        const tab = await open(page, scheme);
        await keepScreenshot(tab, `docs-${scheme}-${page.replaceAll('/', '-')}`);
        expect(await violations(tab)).toEqual([]);
      });

  test('sees every diagram of every page drawn', async () => {
    const pages = (await readdir(version, { recursive: true })).filter(
      (name) =>
        name.endsWith('.html') && readFileSync(join(version, name), 'utf8').includes('class="diagram"'),
    );
    expect(pages).toContain('index.html');
    for (const page of pages) {
      const tab = await open(page, 'dark');
      expect([page, await tab.evaluate(`document.querySelectorAll('.diagram svg').length > 0`)]).toEqual([
        page,
        true,
      ]);
    }
  });

  test('searches, and is led to the page; nothing is asked of another host all the while', async () => {
    const tab = await open('index.html');
    await tab.click('.DocSearch-Button, .VPNavBarSearch button');
    await tab.type('#localsearch-input', 'keyEncryptionKeys');
    await tab.sees('.VPLocalSearchBox .result');
    await tab.click('.VPLocalSearchBox .result');
    await until(async () => (await tab.url()).includes('.html'));
    const { host } = new URL(address);
    expect(tab.fetched.length).toBeGreaterThan(5);
    expect(tab.fetched.filter((url) => !url.startsWith('data:') && new URL(url).host !== host)).toEqual([]);
  });
});
