import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustFind } from './programs.mjs';
import { REPOSITORY } from './repository.mjs';
import { mustRun } from './run.mjs';
import { Cannot, step } from './say.mjs';

/** Where `tests/support/catalogue/servers.ts` looks for them, too. */
const FOLDER = join(REPOSITORY, '.gatehouse/catalogue');
const PINNED = JSON.parse(readFileSync(join(REPOSITORY, 'tools/set-up/catalogue.json'), 'utf8'));

/** @type {Record<string, (folder: string) => Promise<void>>} */
const REGISTRIES = { npm: installFromNpm, PyPI: installFromPyPI, Go: installFromGo };

export const registryNames = Object.keys(REGISTRIES);

/**
 * Installs the servers of one registry, where they are not installed in those versions.
 * @param {string} registry
 * @throws {Cannot} with the reason
 */
export async function ensureCatalogue(registry) {
  const folder = join(FOLDER, registry);
  const marker = join(folder, 'installed.json');
  const wanted = JSON.stringify([PINNED[registry], registry === 'Go' ? PINNED.goPrograms : {}]);
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  const install = REGISTRIES[registry];
  if (install === undefined) throw new Cannot(`there is no registry ${registry} in the catalogue`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const count = Object.keys(PINNED[registry]).length;
  await step(`Installing ${count} packages of ${registry}`, () => install(folder));
  await writeFile(marker, wanted);
}

/** No package runs anything while it is installed. */
async function installFromNpm(folder) {
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: PINNED.npm }, null, 2),
  );
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  await mustRun(mustFind('npm', 'npm'), ['install', ...flags], { cwd: folder });
}

async function installFromPyPI(folder) {
  const venv = join(folder, 'venv');
  await mustRun(mustFind('python3', 'Python'), ['-m', 'venv', venv]);
  const packages = Object.entries(PINNED.PyPI).map(([name, version]) => `${name}==${version}`);
  await mustRun(join(venv, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
}

async function installFromGo(folder) {
  const required = Object.entries(PINNED.Go).map(([module, version]) => `require ${module} ${version}`);
  await writeFile(
    join(folder, 'go.mod'),
    ['module gatehouse.invalid/catalogue', 'go 1.25.0', ...required, ''].join('\n\n'),
  );
  for (const [program, from] of Object.entries(PINNED.goPrograms))
    // Two at once are enough: others may be at work here.
    await mustRun(mustFind('go', 'Go'), ['build', '-mod=mod', '-p', '2', '-o', join(folder, program), from], {
      cwd: folder,
    });
}
