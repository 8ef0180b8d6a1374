/** The compiler builds what a project refers to before the project; so each import of another project is a reference, tests included. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const projects = [
  ...['libs', 'apps'].flatMap((root) => readdirSync(join(REPOSITORY, root)).map((name) => `${root}/${name}`)),
  'tests',
  'bench',
].filter((project) => existsSync(join(REPOSITORY, project, 'tsconfig.json')));
const nameOf = (project) => JSON.parse(readFileSync(join(REPOSITORY, project, 'package.json'), 'utf8')).name;
const named = new Map(projects.map((project) => [nameOf(project), project]));

function referencesOf(project) {
  const { references = [] } = JSON.parse(readFileSync(join(REPOSITORY, project, 'tsconfig.json'), 'utf8'));
  return new Set(references.map(({ path }) => join(project, path)));
}

function* importsOf(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.ts$/.test(entry.name) || /\/(node_modules|dist)(\/|$)/.test(entry.parentPath))
      continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    for (const [, name] of text.matchAll(/from '(@gatehouse\/[^/']+)/g)) yield { file: entry.name, name };
  }
}

let looked = 0;
const problems = projects.flatMap((project) => {
  const references = referencesOf(project);
  const missing = new Map();
  for (const { file, name } of importsOf(join(REPOSITORY, project))) {
    looked += 1;
    const other = named.get(name);
    if (other !== undefined && other !== project && !references.has(other)) missing.set(other, file);
  }
  return [...missing].map(
    ([other, file]) => `${project}/tsconfig.json does not refer to ${other}, which ${file} imports`,
  );
});
report(problems, { looked });
