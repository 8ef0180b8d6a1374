/** Lays out what one program needs of this repository when it runs: `node assemble.mjs SERVICE FOLDER`. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const [service, folder] = process.argv.slice(2);
const repository = resolve(import.meta.dirname, '../..');

/** The program and the libraries that it is made of, as folders of the repository. */
function projectsOf(project, found = new Set()) {
  if (found.has(project)) return found;
  found.add(project);
  const { dependencies = {} } = JSON.parse(readFileSync(join(repository, project, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies))
    if (name.startsWith('@gatehouse/')) projectsOf(`libs/${name.slice('@gatehouse/'.length)}`, found);
  return found;
}

function copy(path, filter = () => true) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(repository, path), target, { recursive: true, filter });
}

/** Programs only: no tests, no declarations, no maps. */
const isProgram = (path) => !/\.\w+$/.test(path) || (path.endsWith('.js') && !path.endsWith('.spec.js'));

const app = `apps/${service}`;
for (const project of projectsOf(app)) {
  copy(join(project, 'package.json'));
  copy(join(project, 'dist'), (path) => isProgram(relative(repository, path)));
}
// The command line brings the databases of the services up to date.
if (service === 'gatehouse')
  for (const owner of ['authorization-server', 'token-vault']) copy(`prisma/${owner}/migrations`);

if (!existsSync(join(folder, app, 'dist/main.js'))) throw new Error(`${app} has no dist/main.js`);
symlinkSync(`${app}/dist/main.js`, join(folder, 'program.js'));
