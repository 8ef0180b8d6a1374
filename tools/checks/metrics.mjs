/** Every metric that a page speaks of exists: docs/reference/metrics.md is made of the code, and the other pages are held to it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricSources } from '../reference/metrics-page.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const made = metricSources().map(({ name }) => name);
/** What Prometheus adds to the name of a histogram. */
const known = new Set(made.flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]));

const problems = filesBelow(['docs'], '.md').flatMap((page) =>
  [...readFileSync(join(REPOSITORY, page), 'utf8').matchAll(/`(gatehouse_[a-z_]+)(?:\{[^`]*\})?`/g)]
    .filter(([, name]) => !known.has(name))
    .map(([, name]) => `${page} speaks of ${name}, which nothing counts`),
);

report(problems, { looked: made.length });
