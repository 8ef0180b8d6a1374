import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { REPOSITORY } from './repository.mjs';
import { mustRun } from './run.mjs';
import { step } from './say.mjs';

const STAMP = join(REPOSITORY, '.gatehouse/build-stamp');
const TYPESCRIPT = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
const ROOTS = ['apps', 'libs'];
const SKIPPED = new Set(['node_modules', 'dist']);

/** Compiles every app with what it needs; quick when nothing changed since the last time. */
export async function ensureBuild(node) {
  const before = digestOfSources();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === `${before}\n${digestOfResults()}`) return;
  const apps = readdirSync(join(REPOSITORY, 'apps')).map((app) => join('apps', app));
  await step('Building', () => compile(node, apps));
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, `${before}\n${digestOfResults()}`);
}

/** Type-checks and compiles every project, tests and benchmarks included. */
export const build = (node) => compile(node, []);

const compile = (node, projects) => mustRun(node, [TYPESCRIPT, '-b', '--pretty', 'false', ...projects]);

/** Names, sizes and dates of everything that the compiler reads. */
function digestOfSources() {
  const hash = createHash('sha256');
  const top = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json'].map((name) =>
    join(REPOSITORY, name),
  );
  for (const file of [...top, ...ROOTS.flatMap((root) => [...sources(join(REPOSITORY, root))])]) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(REPOSITORY, file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Whether every project still has what the last build left. */
function digestOfResults() {
  const hash = createHash('sha256');
  for (const root of ['apps', 'libs'])
    for (const project of readdirSync(join(REPOSITORY, root)).sort()) {
      const info = join(REPOSITORY, root, project, 'dist/.tsbuildinfo');
      hash.update(`${project} ${existsSync(info) ? statSync(info).mtimeMs : 'none'}\n`);
    }
  return hash.digest('hex');
}

function* sources(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* sources(path);
    } else if (/\.(ts|mts|json)$/.test(entry.name)) yield path;
  }
}
