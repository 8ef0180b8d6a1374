/** What docs/guides/troubleshoot.md quotes is what the product says, each error code is on it, and each log line that it names exists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES } from '../../libs/kernel/dist/error-codes.js';
import { sourceOf, troubleshootProblems } from '../documented/troubleshoot-problems.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const PAGE = 'docs/guides/troubleshoot.md';
const read = (path) => readFileSync(join(REPOSITORY, path), 'utf8');
const files = filesBelow(['apps', 'libs'], '.ts').filter(
  (path) => path.includes('/src/') && !/\.(spec|fixture)\.ts$/.test(path),
);
const { problems, looked } = troubleshootProblems(read(PAGE), {
  source: sourceOf(files.map(read)),
  events: new Set([...read('docs/reference/events.md').matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)),
  codes: Object.keys(ERROR_CODES),
});
report(
  problems.map((problem) => `${PAGE}: ${problem}`),
  { looked },
);
