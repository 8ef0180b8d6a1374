import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { until } from '@gatehouse/testing/until';
import type { ChromiumTab } from './chromium-tab.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds, each with where. */
export async function violations(tab: ChromiumTab): Promise<unknown> {
  await tab.evaluate(`${AXE};0`);
  await tab.evaluate(`window.found = undefined;
  window.axe.run({ resultTypes: ['violations'] }).then(({ violations }) => {
    window.found = violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html, failureSummary }) => html.slice(0, 160) + ' ' + (failureSummary ?? '').slice(0,200)).join(' | '));
  }, (error) => { window.found = [String(error)]; });0`);
  await until(async () => (await tab.evaluate('Array.isArray(window.found)')) === true, 120_000);
  return await tab.evaluate('window.found');
}
