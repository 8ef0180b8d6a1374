/** docs/failure-modes.md has exactly one heading for each error code, and none for a code that does not exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES } from '@gatehouse/kernel/error-codes';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const page = join(REPOSITORY, 'docs/failure-modes.md');
const codes = Object.keys(ERROR_CODES);
const headings = existsSync(page)
  ? [...readFileSync(page, 'utf8').matchAll(/^#{2,6}\s+`?([a-z]+(?:_[a-z]+)*)`?\s*$/gm)].map(
      (match) => match[1],
    )
  : [];

const problems = [
  ...codes
    .filter((code) => !headings.includes(code))
    .map((code) => `docs/failure-modes.md has no heading for ${code}`),
  ...headings
    .filter((heading) => heading.includes('_') && !codes.includes(heading))
    .map((heading) => `docs/failure-modes.md explains ${heading}, which is no error code`),
  ...headings
    .filter((heading, index) => headings.indexOf(heading) !== index)
    .map((heading) => `docs/failure-modes.md has ${heading} twice`),
];

report(problems, { looked: codes.length });
