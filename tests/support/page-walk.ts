import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import { violations } from './axe.js';
import { keepScreenshot } from './chromium.js';
import type { ChromiumTab } from './chromium-tab.js';

const SIZES = [
  { width: 1_280, height: 800 },
  { width: 390, height: 844 },
] as const;
const SCHEMES = ['light', 'dark'] as const;

/** What of a page's decisions is not wholly in the window, without scrolling. */
const OUTSIDE = `[...document.querySelectorAll('.decide .actions button, main > .actions > .main')]
  .filter((element) => {
    const { top, left, bottom, right } = element.getBoundingClientRect();
    return top < 0 || left < 0 || bottom > innerHeight || right > innerWidth;
  })
  .map((element) => element.textContent.trim())`;

/** Their names are made of how it ended. */
const DEVICE_ENDS = ['device-approved', 'device-refused', 'device-over'];

/** Looks at pages at both sizes, light and dark, and knows which it has seen. */
export class PageWalk {
  readonly seen = new Set<string>();

  /** Waits for the page. @returns what is wrong with its looks, each with where. */
  async faultsOf(tab: ChromiumTab, name: string): Promise<readonly unknown[]> {
    await tab.seesPage(name);
    this.seen.add(name);
    const faults: unknown[] = [];
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
        const found = {
          outside: await tab.evaluate(OUTSIDE),
          isWide: await tab.evaluate('document.documentElement.scrollWidth > innerWidth'),
          violations: await violations(tab),
        };
        if (JSON.stringify(found) !== '{"outside":[],"isWide":false,"violations":[]}')
          faults.push({ look, ...found });
      }
    await tab.send('Emulation.clearDeviceMetricsOverride');
    return faults;
  }
}

/** The names of all pages of the authorization server, as its sources have them. */
export function pageNames(): readonly string[] {
  const folder = inRepository('apps/authorization-server/src');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .map((path) => readFileSync(join(folder, path), 'utf8'));
  const named = sources.flatMap((text) =>
    [...text.matchAll(/^ +page: '([\w-]+)',$/gm)].flatMap(([, name]) => name ?? []),
  );
  return [...named, ...DEVICE_ENDS].sort();
}
