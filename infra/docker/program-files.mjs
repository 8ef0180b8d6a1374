/** What a program needs of this repository when it runs: for the images, and for the package of npm. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const REPOSITORY = resolve(import.meta.dirname, '../..');

export const manifestOf = (project) =>
  JSON.parse(readFileSync(join(REPOSITORY, project, 'package.json'), 'utf8'));

/**
 * The program and the libraries that it is made of, as folders of the repository.
 * @param {string} project
 * @param {Set<string>} found
 */
export function projectsOf(project, found = new Set()) {
  if (found.has(project)) return found;
  found.add(project);
  for (const name of Object.keys(manifestOf(project).dependencies ?? {}))
    if (name.startsWith('@gatehouse/')) projectsOf(`libs/${name.slice('@gatehouse/'.length)}`, found);
  return found;
}

/** Programs only: no tests, no declarations, no maps. */
export const isProgram = (path) =>
  !/\.\w+$/.test(path) || (path.endsWith('.js') && !/\.(spec|fixture)\.js$/.test(path));

/** The package that a file below node_modules belongs to, by its folder; `undefined`: the file is ours. */
export const packageOf = (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];

/**
 * Packages as folders below node_modules, with all that they need.
 * @param {string[]} names may have a path behind them, as in an import
 * @param {string} from the folder that they are looked for from, as Node does
 * @param {Set<string>} found
 */
export function neededBy(names, from = 'libs/config', found = new Set()) {
  for (const name of names) {
    const path = folderOf(/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name, from);
    if (found.has(path)) continue;
    found.add(path);
    const { dependencies, peerDependencies } = manifestOf(path);
    neededBy(Object.keys({ ...dependencies, ...peerDependencies }), path, found);
  }
  return found;
}

function folderOf(name, from) {
  for (let at = from; ; at = dirname(at)) {
    const path = join(at, 'node_modules', name);
    if (existsSync(join(REPOSITORY, path, 'package.json'))) return path;
    if (at === '.') throw new Error(`${name} is not installed for ${from}`);
  }
}

/** Of a package: what Node may load. No declarations, no maps, and no copies for browsers and bundlers. */
export const isRunFile = (path) =>
  !/\.d\.[cm]?ts$|\.map$/.test(path) && !/cedar-wasm\/(esm|web)(\/|$)/.test(path);
