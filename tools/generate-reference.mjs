/** Writes docs/reference from the built programs and their source; with --check, exits 1 when a committed page differs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PAGES } from './reference/pages.mjs';
import { committedText, outOfDate, pageText } from './reference/page-files.mjs';
import { REPOSITORY } from './set-up/repository.mjs';

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
