/** Sentences of the pages that people read first can be read at once, and each thing has one name there (tools/prose). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { proseProblems } from '../prose/problems.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const pages = ['README.md', ...filesBelow(['docs/start', 'docs/guides', 'docs/concepts', 'examples'], '.md')];
const problems = await Promise.all(
  pages.map(async (page) =>
    (await proseProblems(readFileSync(join(REPOSITORY, page), 'utf8'))).map(
      ({ line, text }) => `${page}:${line}: ${text}`,
    ),
  ),
);
report(problems.flat(), { looked: pages.length });
