/** docs/telemetry.md has one row for each metric that the code makes, with its kind, and none for a metric that does not exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const PAGE = 'docs/telemetry.md';
const read = (path) => readFileSync(join(REPOSITORY, path), 'utf8');

const MADE = /\.(counter|gauge|histogram)\(\s*'([a-z_]+)',/g;

const made = filesBelow(['apps', 'libs'], '.ts')
  .filter((path) => path.includes('/src/') && !/\.(spec|fixture)\.ts$/.test(path))
  .flatMap((path) =>
    [...read(path).matchAll(MADE)].map(([, kind, name]) => ({ name: `gatehouse_${name}`, kind, path })),
  );

const rows = [...read(PAGE).matchAll(/^\| `(gatehouse_[a-z_]+)`\s*\| (\w+)/gm)].map(([, name, kind]) => ({
  name,
  kind,
}));

const problems = [
  ...made
    .filter(({ name, kind }) => !rows.some((row) => row.name === name && row.kind === kind))
    .map(({ name, kind, path }) => `${PAGE} has no row for ${name}, a ${kind} of ${path}`),
  ...rows
    .filter(({ name }) => !made.some((one) => one.name === name))
    .map(({ name }) => `${PAGE} explains ${name}, which nothing counts`),
  ...rows
    .filter(({ name }, index) => rows.findIndex((row) => row.name === name) !== index)
    .map(({ name }) => `${PAGE} has ${name} twice`),
];

report(problems, { looked: made.length });
