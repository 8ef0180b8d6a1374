/** What a program needs of this repository when it runs: for the images, and for the package of npm. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

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
