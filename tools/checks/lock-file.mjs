/**
 * What is installed is written down exactly, and from no particular registry: versions are pinned, addresses are not.
 * Every project uses the same version of a package, and Nest, which compares classes by identity, is installed once.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingOptionals } from '../complete-lock-file.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const readJson = (path) => JSON.parse(readFileSync(join(REPOSITORY, path), 'utf8'));
const { packages } = readJson('package-lock.json');

/** Optional and for another platform than the project's own: see tools/complete-lock-file.mjs. */
const isForeign = ({ optional, os, cpu, libc }) =>
  optional && !(os?.includes('linux') && cpu?.includes('x64') && (libc ?? ['glibc']).includes('glibc'));

const missing = missingOptionals(packages).map(
  ({ name }) =>
    `package-lock.json has no ${name}, so \`npm ci\` refuses it: node tools/complete-lock-file.mjs`,
);

const lockProblems = Object.entries(packages).flatMap(([path, entry]) => {
  if (path === '' || entry.link || !path.includes('node_modules/')) return [];
  if (typeof entry.resolved === 'string' && /^\w+:/.test(entry.resolved))
    return [`package-lock.json: ${path} names a host`];
  return typeof entry.integrity === 'string' || entry.inBundle || isForeign(entry)
    ? []
    : [`package-lock.json: ${path} has no integrity`];
});

const manifests = ['package.json', ...filesBelow(['apps', 'libs', 'tests', 'bench'], 'package.json')];
const wanted = manifests.flatMap((path) => {
  const manifest = readJson(path);
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return Object.entries(all).map(([name, version]) => ({ path, name, version }));
});
const inexact = wanted
  .filter(({ version }) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
  .map(({ path, name, version }) => `${path}: ${name} is "${version}", not one exact version`);

const firstOf = new Map(wanted.toReversed().map((one) => [one.name, one]));
const unlike = wanted.flatMap(({ path, name, version }) => {
  const first = firstOf.get(name);
  return first === undefined || version === first.version
    ? []
    : [`${path}: ${name} is ${version}, and ${first.version} in ${first.path}`];
});
const secondNests = Object.keys(packages)
  .filter((path) => /.node_modules\/@nestjs\/[^/]+$/.test(path))
  .map((path) => `package-lock.json: ${path} is a second copy of a Nest package`);

report([...missing, ...lockProblems, ...inexact, ...unlike, ...secondNests], {
  looked: Object.keys(packages).length,
});
