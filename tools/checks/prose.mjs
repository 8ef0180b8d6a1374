/** Sentences of the pages that people read can be read at once, and each thing has one name there (tools/prose). */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { proseProblems } from '../prose/problems.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const FIRST = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'];
const FOLDERS = ['docs/start', 'docs/guides', 'docs/concepts', 'docs/flows', 'docs/operate', 'examples'];

/** Pages right in `docs`: of those that are made of the code (docs/configuration.md), the sentences are in the code. */
const ofDocs = readdirSync(join(REPOSITORY, 'docs')).filter((name) => name.endsWith('.md'));
const pages = [...FIRST, ...ofDocs.map((name) => `docs/${name}`), ...filesBelow(FOLDERS, '.md')];
const problems = await Promise.all(
  pages.map(async (page) =>
    (await proseProblems(readFileSync(join(REPOSITORY, page), 'utf8'))).map(
      ({ line, text }) => `${page}:${line}: ${text}`,
    ),
  ),
);
report(problems.flat(), { looked: pages.length });
