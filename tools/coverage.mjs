/**
 * `npm run coverage [project …]`: which share of the lines and branches of each app and lib the specs beside the code run,
 * as a table. The specs of everything, or of the projects named (`libs/kernel`). `--files` adds where specs are missing: the files
 * with the most branches that none runs. What services do as programs of their own, in `tests/`, is not seen. Collecting nearly
 * doubles the processor time of the specs, so `npm test` does not.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from './set-up/build.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { run } from './set-up/run.mjs';
import { say } from './set-up/say.mjs';
import { setUp } from './set-up/set-up.mjs';

const RESULTS = join(REPOSITORY, 'coverage');
const SUMMARY = join(RESULTS, 'coverage-summary.json');
/** Tests themselves, what only they use, and what a generator wrote. */
const NOT_OURS = /\.(spec|fixture)\.ts$|\/(testing|generated)\//;
/** What every project is to reach. */
const BRANCHES = 90;

/** Specs of others that run the code of a lib in their own process. */
const CROSSING = {
  'libs/access-tokens': [
    'apps/vmcp-proxy/src/incoming-auth/demanded-proofs',
    'apps/vmcp-proxy/src/incoming-auth/bound-tokens',
    'apps/vmcp-proxy/src/incoming-auth/withdrawn-keys',
    'apps/authorization-server/src/assertions/assertion-issuer-keys',
    'apps/authorization-server/src/oauth-endpoints/user-info-bound',
  ],
  'libs/messaging': ['messaging', 'bus-accounts', 'bus-stores', 'bus-troubles'].map(
    (name) => `tests/wire/${name}`,
  ),
  'libs/persistence': [
    'tests/wire/postgres-roles',
    'apps/token-vault/src/custody-log/custody-log.flow',
    'apps/token-vault/src/custody-log/custody-partitions.job',
    'apps/authorization-server/src/housekeeping/housekeeping.job',
  ],
  'libs/service-process': ['apps/token-vault/src/token-vault', 'apps/vmcp-proxy/src/reload'],
};

/** @typedef {[covered: number, all: number]} Share */

/** How many of them `--files` shows. */
const MOST_FILES = 25;

/** Our files, as the summary has them. */
const measured = () =>
  Object.entries(JSON.parse(readFileSync(SUMMARY, 'utf8')))
    .map(([file, { lines, branches }]) => ({ path: relative(REPOSITORY, file), lines, branches }))
    .filter(({ path }) => /^(apps|libs)\//.test(path) && !NOT_OURS.test(path));

const projectOf = (path) => path.split('/').slice(0, 2).join('/');

/** Added up over the files of each project. */
function sums() {
  /** @type {Map<string, {lines: Share, branches: Share}>} */
  const found = new Map();
  for (const { path, lines, branches } of measured()) {
    const project = projectOf(path);
    const sum = found.get(project) ?? { lines: [0, 0], branches: [0, 0] };
    found.set(project, {
      lines: [sum.lines[0] + lines.covered, sum.lines[1] + lines.total],
      branches: [sum.branches[0] + branches.covered, sum.branches[1] + branches.total],
    });
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** @param {Share} share */
const share = ([covered, all]) => (all === 0 ? 100 : (covered / all) * 100);
const percent = (value) => `${value.toFixed(1)} %`.padStart(9);

function print(projects) {
  console.log(`${''.padEnd(30)}    lines branches`);
  for (const [project, { lines, branches }] of sums()) {
    if (projects.length > 0 && !projects.includes(project)) continue;
    const low = share(branches) < BRANCHES ? `   below ${BRANCHES} %` : '';
    console.log(`${project.padEnd(30)}${percent(share(lines))}${percent(share(branches))}${low}`);
  }
}

function printFiles(projects) {
  const files = measured()
    .filter(({ path }) => projects.length === 0 || projects.includes(projectOf(path)))
    .map(({ path, branches, lines }) => ({
      path,
      branches: branches.total - branches.covered,
      lines: lines.total - lines.covered,
    }))
    .filter(({ branches, lines }) => branches + lines > 0)
    .sort((one, other) => other.branches - one.branches || other.lines - one.lines);
  console.log('\nNot run by a spec: branches, lines');
  for (const { path, branches, lines } of files.slice(0, MOST_FILES))
    console.log(`${String(branches).padStart(6)}${String(lines).padStart(6)}  ${path}`);
}

const typed = process.argv.slice(2);
const projects = typed.filter((word) => word !== '--files');
const known = ['apps', 'libs'].flatMap((root) =>
  readdirSync(join(REPOSITORY, root)).map((name) => `${root}/${name}`),
);
const unknown = projects.filter((project) => !known.includes(project));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. Projects are named as libs/kernel.`);
  process.exit(64);
}
const node = await setUp();
await build(node);
rmSync(RESULTS, { recursive: true, force: true });
say('Specs');
const { code } = await run(
  node,
  [
    join(REPOSITORY, 'node_modules/jest/bin/jest.js'),
    '-w',
    '2',
    '--silent',
    '--coverage',
    '--coverageProvider=v8',
    '--coverageReporters=json-summary',
    // Each branch, for who writes the missing spec: coverage-final.json.
    '--coverageReporters=json',
    // Also of files that no spec loads.
    ...(projects.length > 0 ? projects : ['apps/*', 'libs/*']).map(
      (project) => `--collectCoverageFrom=${project}/src/**/*.ts`,
    ),
    ...(projects.length > 0 ? projects : ['apps', 'libs']).map((project) => `./${project}/`),
    ...Object.entries(CROSSING).flatMap(([project, specs]) =>
      projects.length === 0 || projects.includes(project) ? specs.map((spec) => `./${spec}.spec.ts`) : [],
    ),
  ],
  { stdio: 'inherit', env: { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' } },
);
if (existsSync(SUMMARY)) {
  print(projects);
  if (typed.includes('--files')) printFiles(projects);
}
process.exitCode = code;
