/** Writes docs/reference and docs/providers from the built programs and their source; with --check, exits 1 when a committed page differs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { filesBelow } from './checks/files.mjs';
import { PAGES } from './reference/pages.mjs';
import { committedText, outOfDate, pageText } from './reference/page-files.mjs';
import { REPOSITORY } from './set-up/repository.mjs';

/** Pages of which all that are there are made here. */
const ALL_MADE = 'docs/providers/';
const made = new Set(PAGES.map(({ path }) => path));
for (const path of filesBelow(['docs'], '.md').filter((one) => one.startsWith(ALL_MADE) && !made.has(one))) {
  console.error(`${path} is made of nothing any more: delete it`);
  process.exitCode = 1;
}

for (const page of PAGES) {
  const wanted = await pageText(page, await page.sources());
  const file = join(REPOSITORY, page.path);
  if (process.argv.includes('--check')) {
    const problem = outOfDate(page.path, wanted, await committedText(page.path));
    if (problem === undefined) continue;
    console.error(problem);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, wanted);
  }
}
