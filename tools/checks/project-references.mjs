/**
 * A project's package.json is the one place that says which other projects it uses: knip proves that it names what is
 * imported and nothing else, and this proves that the compiler's references and the boundaries say the same.
 * `--write` brings the references up to date. It also proves that every project with specs has a test target.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { MAY_IMPORT, NEVER_BELOW } from '../boundaries.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const readJson = (...path) => JSON.parse(readFileSync(join(REPOSITORY, ...path), 'utf8'));
const projects = [
  ...['libs', 'apps'].flatMap((root) => readdirSync(join(REPOSITORY, root)).map((name) => `${root}/${name}`)),
  'tests',
  'bench',
].filter((project) => existsSync(join(REPOSITORY, project, 'package.json')));
const manifests = new Map(projects.map((project) => [project, readJson(project, 'package.json')]));
const named = new Map([...manifests].map(([project, { name }]) => [name, project]));

/** The projects of this repository that some dependencies name. */
const projectsIn = (dependencies = {}) => Object.keys(dependencies).flatMap((name) => named.get(name) ?? []);

const IMPORTED = /from '(@gatehouse\/[^/']+)/g;

const problems = [];

/** The references of a tsconfig.json are these, in this order; everything else in it is left alone. */
function refersTo(folder, wanted) {
  const file = join(folder, 'tsconfig.json');
  const { references, ...rest } = readJson(file);
  const paths = [...wanted].sort().map((project) => ({ path: relative(folder, project) }));
  if (JSON.stringify(references) === JSON.stringify(paths)) return;
  if (process.argv.includes('--write'))
    writeFileSync(
      join(REPOSITORY, file),
      `${JSON.stringify({ ...rest, references: paths }, undefined, 2)}\n`,
    );
  else
    problems.push(
      `${file} does not refer to what package.json names: node tools/checks/project-references.mjs --write`,
    );
}

refersTo('', [...projects, 'tools']);

/** Scripts have no package.json: what they import from what is built says what has to be built first. */
const BUILT = /from '(?:\.\.\/)+((?:apps|libs)\/[^/']+)\/dist\//g;
const ofScripts = new Set(
  readJson('tools', 'tsconfig.json').references.map(({ path }) => path.replace('../', '')),
);
const before = new Set(readJson('tools', 'project.json').implicitDependencies);
for (const file of [...filesBelow(['tools'], '.mjs'), ...filesBelow(['libs', 'tests', 'infra'], '.mjs')])
  for (const [, project] of readFileSync(join(REPOSITORY, file), 'utf8').matchAll(BUILT)) {
    if (!ofScripts.has(project))
      problems.push(`${file} imports ${project}: tools/tsconfig.json has no reference`);
    if (!before.has(manifests.get(project)?.name))
      problems.push(`${file} imports ${project}: tools/project.json has no implicit dependency`);
  }
for (const [project, { dependencies, devDependencies, nx }] of manifests) {
  refersTo(project, projectsIn({ ...dependencies, ...devDependencies }));
  const allowed = MAY_IMPORT[basename(project)];
  for (const other of projectsIn(dependencies))
    if (allowed !== undefined && !allowed.includes(basename(other)))
      problems.push(`${project}/package.json depends on ${other}, which tools/boundaries.mjs forbids`);
  // The compiler finds a project without a reference as long as somebody else has built it.
  const uses = new Set(projectsIn({ ...dependencies, ...devDependencies }));
  for (const file of filesBelow([project], '.ts'))
    for (const [, name] of readFileSync(join(REPOSITORY, file), 'utf8').matchAll(IMPORTED)) {
      const other = named.get(name);
      if (other !== undefined && other !== project && !uses.has(other))
        problems.push(`${file} imports ${name}, which ${project}/package.json does not name`);
    }
  const hasSpecs = filesBelow([project], '.spec.ts').length > 0;
  if (hasSpecs !== (nx?.targets?.test !== undefined))
    problems.push(
      `${project}/package.json: a test target (nx.targets.test) is ${hasSpecs ? 'missing' : 'there without specs'}`,
    );
}

/** Everything that a project gets by what it depends on. */
function below(project, seen = new Set()) {
  for (const other of projectsIn(manifests.get(project)?.dependencies))
    if (!seen.has(other)) below(other, seen.add(other));
  return seen;
}
for (const [name, forbidden] of Object.entries(NEVER_BELOW))
  for (const other of below(`apps/${name}`))
    if (forbidden.includes(basename(other)))
      problems.push(`${name} depends on ${other}, by way of another project`);

report(problems, { looked: projects.length });
