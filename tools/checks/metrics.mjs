/** Every metric that a page, a dashboard or an alert rule speaks of exists, with the labels that it is selected by: docs/reference/metrics.md is made of the code, and the other pages are held to it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricSources } from '../reference/metrics-page.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const sources = metricSources();
const made = sources.map(({ name }) => name);
/** What Prometheus adds to the name of a histogram. */
const known = new Set(made.flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]));

const problems = filesBelow(['docs'], '.md').flatMap((page) =>
  [...readFileSync(join(REPOSITORY, page), 'utf8').matchAll(/`(gatehouse_[a-z_]+)(?:\{[^`]*\})?`/g)]
    .filter(([, name]) => !known.has(name))
    .map(([, name]) => `${page} speaks of ${name}, which nothing counts`),
);

/** What the scraper and the service's process add to each sample, and a histogram to its buckets. */
const ADDED = ['instance', 'service', 'job', 'worker', 'le'];
const labelsOf = new Map(
  sources.flatMap(({ name, labels }) =>
    ['', '_bucket', '_sum', '_count'].map((suffix) => [name + suffix, [...labels, ...ADDED]]),
  ),
);
/** Dashboards hold expressions in JSON, where a quotation mark has a backslash before it. */
const observing = [
  ...filesBelow(['infra/observe'], '.yaml'),
  ...filesBelow(['infra/observe'], '.json'),
].flatMap((file) => {
  const text = readFileSync(join(REPOSITORY, file), 'utf8').replaceAll('\\"', '"');
  return [...text.matchAll(/\b(gatehouse_[a-z_]+)(?:\{([^}]*)\})?/g)].flatMap(([, name, selectors = '']) => {
    const labels = labelsOf.get(name);
    if (labels === undefined) return [`${file} asks for ${name}, which nothing counts`];
    return [...selectors.matchAll(/([a-z_]+)(?:=~|!~|!=|=)/g)]
      .filter(([, label]) => !labels.includes(label))
      .map(([, label]) => `${file} selects ${name} by ${label}, which is none of its labels`);
  });
});

report([...problems, ...observing], { looked: made.length });
