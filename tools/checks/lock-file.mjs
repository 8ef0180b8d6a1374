/** What is installed is written down exactly, and from no particular registry: versions are pinned, addresses are not. */
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
const manifestProblems = manifests.flatMap((path) => {
  const manifest = readJson(path);
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return Object.entries(wanted).flatMap(([name, version]) =>
    /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)
      ? []
      : [`${path}: ${name} is "${version}", not one exact version`],
  );
});

report([...missing, ...lockProblems, ...manifestProblems], { looked: Object.keys(packages).length });
