import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { find } from './programs.mjs';
import { REPOSITORY } from './repository.mjs';
import { mustRun } from './run.mjs';
import { say, step } from './say.mjs';

/** Where `libs/testing` looks for them, too. */
const FOLDER = join(REPOSITORY, '.gatehouse/reverse-proxies');
const PROGRAMS = ['nginx', 'caddy'];

const isHere = (program) =>
  find(program) !== undefined ||
  ['usr/sbin', 'usr/bin'].some((folder) => existsSync(join(FOLDER, folder, program)));

/**
 * Gets the reverse proxies that tests run behind, where Debian's packages can be had: unpacked beside the repository's other
 * state, so that nothing is installed and no service is started. Without them those tests do not run, and that is said.
 */
export async function ensureReverseProxies() {
  const missing = PROGRAMS.filter((program) => !isHere(program));
  if (missing.length === 0) return;
  if (find('apt-get') !== undefined && find('dpkg-deb') !== undefined)
    await step(`Getting ${missing.join(' and ')} for tests (apt-get download)`, () => unpack(missing)).catch(
      (error) => say(error.message),
    );
  for (const program of PROGRAMS.filter((name) => !isHere(name)))
    say(`${program} is not on this machine: the tests behind it do not run.`);
}

async function unpack(packages) {
  // Apart from those of another run that does the same.
  const folder = `${FOLDER}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  mkdirSync(FOLDER, { recursive: true });
  try {
    await mustRun('apt-get', ['-q', 'download', ...packages], { cwd: folder });
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb')))
      await mustRun('dpkg-deb', ['-x', file, 'unpacked'], { cwd: folder });
    await mustRun('cp', ['-a', `${folder}/unpacked/.`, FOLDER]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
