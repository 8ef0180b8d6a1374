/** Each generated page changes when its source does, and a page that differs is reported: plant a change of each kind and expect red. */
import { PAGES } from '../reference/pages.mjs';
import { outOfDate, pageText } from '../reference/page-files.mjs';
import { report } from './report.mjs';

/** @type {string[]} */
const problems = [];
for (const page of PAGES) {
  const sources = await page.sources();
  const now = await pageText(page, sources);
  const later = await pageText(page, page.drift(sources));
  if (outOfDate(page.path, later, now) === undefined)
    problems.push(`${page.path} does not notice a change of what it is made from`);
  if (outOfDate(page.path, now, now) !== undefined) problems.push(`${page.path} is never up to date`);
  if (page.refused !== undefined && !(await isRefused(page, page.refused(sources))))
    problems.push(`${page.path} is made all the same of what it cannot be made of`);
}

async function isRefused(page, sources) {
  try {
    await pageText(page, sources);
    return false;
  } catch {
    return true;
  }
}

report(problems, { looked: PAGES.length });
