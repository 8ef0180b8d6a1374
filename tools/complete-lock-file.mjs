/**
 * npm leaves optional packages of other platforms out of package-lock.json when the registry at hand does not serve them,
 * and `npm ci` then refuses its own lock file. This writes them in, after any `npm install` that changed the lock file:
 *   node tools/complete-lock-file.mjs
 * They carry no integrity, since nothing was fetched; no machine whose platform was served installs one of them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY } from './set-up/repository.mjs';

const FILE = join(REPOSITORY, 'package-lock.json');
const SYSTEMS = [
  'darwin',
  'linux',
  'win32',
  'windows',
  'freebsd',
  'android',
  'openharmony',
  'aix',
  'sunos',
  'openbsd',
  'netbsd',
];
const PROCESSORS = [
  'arm64',
  'x64',
  'ia32',
  'ppc64',
  's390x',
  'loong64',
  'riscv64',
  'arm',
  'mips64el',
  'wasm32',
];

/** The optional packages that an entry of the lock file asks for and the lock file does not have. */
export function missingOptionals(packages) {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isFound(packages, path, name))
      .map(([name, version]) => ({ wantedBy: path, name, version })),
  );
}

/** Node's look-up: beside the package, then one folder further up, as far as the top. */
function isFound(packages, path, name) {
  const folders = [path];
  for (let folder = path; folder.includes('/node_modules/'); folders.push(folder))
    folder = folder.slice(0, folder.lastIndexOf('/node_modules/'));
  const places = [...folders.map((folder) => `${folder}/node_modules/${name}`), `node_modules/${name}`];
  return places.some((place) => packages[place] !== undefined);
}

/** An entry for a package of another platform, made after the one for a platform that was served. */
function entryFor(packages, { wantedBy, name, version }) {
  const words = name.split(/[-/.]/);
  const system = SYSTEMS.find((candidate) => words.includes(candidate));
  const processor = PROCESSORS.find((candidate) => words.includes(candidate));
  if (system === undefined || processor === undefined || !/^\d+\.\d+\.\d+/.test(version))
    throw new Error(`${wantedBy} wants ${name} ${version}: no platform can be read from that name`);
  const { license, engines } = packages[wantedBy];
  const dev = packages[wantedBy].dev === true ? { dev: true } : {};
  const os = [system === 'windows' ? 'win32' : system];
  const libc = /musl/.test(name) ? { libc: ['musl'] } : /gnu/.test(name) ? { libc: ['glibc'] } : {};
  return {
    version,
    cpu: [processor],
    ...dev,
    ...libc,
    ...(license && { license }),
    optional: true,
    os,
    ...(engines && { engines }),
  };
}

function complete() {
  const lock = JSON.parse(readFileSync(FILE, 'utf8'));
  const missing = missingOptionals(lock.packages);
  for (const wanted of missing)
    lock.packages[`node_modules/${wanted.name}`] = entryFor(lock.packages, wanted);
  const [root, ...others] = Object.entries(lock.packages);
  others.sort(([left], [right]) => left.localeCompare(right, 'en'));
  lock.packages = Object.fromEntries([root, ...others]);
  writeFileSync(FILE, `${JSON.stringify(lock, undefined, 2)}\n`);
  console.log(`added ${missing.length} entries`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) complete();
