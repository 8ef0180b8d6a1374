/** Lays out what one program needs of this repository when it runs: `node assemble.mjs SERVICE FOLDER`. */
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isProgram, projectsOf, REPOSITORY } from './program-files.mjs';

const [service, folder] = process.argv.slice(2);

function copy(path, filter = () => true) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(REPOSITORY, path), target, { recursive: true, filter });
}

const app = `apps/${service}`;
for (const project of projectsOf(app)) {
  copy(join(project, 'package.json'));
  copy(join(project, 'dist'), (path) => isProgram(relative(REPOSITORY, path)));
}
// The command line brings the databases of the services up to date.
if (service === 'gatehouse')
  for (const owner of ['authorization-server', 'token-vault']) copy(`prisma/${owner}/migrations`);

if (!existsSync(join(folder, app, 'dist/main.js'))) throw new Error(`${app} has no dist/main.js`);
symlinkSync(`${app}/dist/main.js`, join(folder, 'program.js'));
