/** What pages show is true: configurations are valid, data can be read, what commands refer to is there (CONTRIBUTING.md). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageProblems } from '../documented/page-problems.mjs';
import { pages } from '../documented/pages.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const found = await Promise.all(
  pages().map((page) => pageProblems(page, readFileSync(join(REPOSITORY, page), 'utf8'))),
);

report(
  found.flatMap(({ problems }) => problems),
  { looked: found.reduce((sum, { looked }) => sum + looked, 0) },
);
