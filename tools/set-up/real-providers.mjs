import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { mustFind } from './programs.mjs';
import { REPOSITORY } from './repository.mjs';
import { mustRun, run } from './run.mjs';
import { Cannot, step } from './say.mjs';

/** Where `tests/support/real-providers/table.ts` looks for them, too. */
const FOLDER = join(REPOSITORY, '.gatehouse/real-providers');
const folderOf = (name) => join(FOLDER, name);

const KEYCLOAK = {
  version: '26.7.3',
  sha256: '77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47',
};
const AUTHLIB = '1.9.10';
const FLASK = '3.1.3';
const MIN_JAVA = 17;

/**
 * Identity providers that nobody here wrote, and how each is had from its registry. `oidc-provider` comes with the packages.
 * @type {Record<string, {version: string, program: string, install?: (folder: string) => Promise<void>}>}
 */
const PROVIDERS = {
  'oidc-provider': { version: 'of package-lock.json', program: '.' },
  keycloak: { version: KEYCLOAK.version, program: 'keycloak/bin/kc.sh', install: installKeycloak },
  dex: {
    // Tags after v2 do not fit into Go's rule for import paths: this is v2.45.1.
    version: 'v2.45.1',
    program: 'dex',
    install: (folder) =>
      installWithGo(folder, {
        program: 'dex',
        from: 'github.com/dexidp/dex/cmd/dex',
        goVersion: '1.25.0',
        module: 'github.com/dexidp/dex v0.0.0-20260303133905-11d2eeb52b42',
      }),
  },
  hydra: {
    version: 'v2.3.0',
    program: 'hydra',
    install: (folder) =>
      installWithGo(folder, {
        program: 'hydra',
        from: 'github.com/ory/hydra/v2',
        goVersion: '1.22',
        module: 'github.com/ory/hydra/v2 v2.3.0',
        // As its own go.mod says. The other one it has is for a folder that is not in the module.
        replace: 'github.com/gobuffalo/pop/v6 => github.com/ory/pop/v6 v6.2.1-0.20241121111754-e5dfc0f3344b',
        tags: 'sqlite',
      }),
  },
  authlib: { version: AUTHLIB, program: 'venv/bin/python', install: installAuthlib },
};

export const providerNames = Object.keys(PROVIDERS);

/**
 * Installs one, where it is not installed in that version.
 * @throws {Cannot} with the reason
 */
export async function ensureRealProvider(name) {
  const { version, program, install } = PROVIDERS[name];
  if (install === undefined || isInstalled(name)) return;
  const folder = folderOf(name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await step(`Installing ${name} ${version}`, () => install(folder));
  if (!existsSync(join(folder, program))) throw new Cannot(`${program} is not in what was installed`);
  await writeFile(join(folder, 'installed.json'), JSON.stringify({ version }));
}

function isInstalled(name) {
  const { version, program } = PROVIDERS[name];
  const file = join(folderOf(name), 'installed.json');
  return (
    existsSync(file) &&
    JSON.parse(readFileSync(file, 'utf8')).version === version &&
    existsSync(join(folderOf(name), program))
  );
}

/**
 * `go install` refuses a module that replaces others, so a module of its own requires it and says what it says.
 * @param {string} folder
 * @param {{program: string, from: string, goVersion: string, module: string, replace?: string, tags?: string}} what
 */
async function installWithGo(folder, { program, from, goVersion, module, replace, tags }) {
  const go = mustFind('go', 'Go');
  const lines = [`module gatehouse.invalid/${program}`, `go ${goVersion}`, `require ${module}`];
  if (replace !== undefined) lines.push(`replace ${replace}`);
  await writeFile(join(folder, 'go.mod'), `${lines.join('\n\n')}\n`);
  // Two at once are enough: what is compiled is large, and others may be at work here.
  await mustRun(
    go,
    ['build', '-mod=mod', '-p', '2', '-tags', tags ?? '', '-o', join(folder, program), from],
    { cwd: folder },
  );
}

async function installKeycloak(folder) {
  const { output } = await run(mustFind('java', 'Java'), ['-version']);
  const java = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
  if (java < MIN_JAVA) throw new Cannot(`it needs Java ${MIN_JAVA} or newer; this is ${java || output}`);
  const { version, sha256 } = KEYCLOAK;
  const url = `https://repo.maven.apache.org/maven2/org/keycloak/keycloak-quarkus-dist/${version}/keycloak-quarkus-dist-${version}.tar.gz`;
  const archive = join(folder, 'keycloak.tar.gz');
  await download(url, archive);
  const digest = createHash('sha256');
  await pipeline(createReadStream(archive), digest);
  if (digest.digest('hex') !== sha256)
    throw new Cannot(`what ${new URL(url).host} gave has another checksum`);
  await mustRun(mustFind('tar', 'tar'), ['-xzf', archive, '-C', folder]);
  await rename(join(folder, `keycloak-${version}`), join(folder, 'keycloak'));
  rmSync(archive);
}

async function download(url, file) {
  const response = await fetch(url).catch((error) => {
    throw new Cannot(`${new URL(url).host} cannot be reached (${error.cause?.code ?? error.message})`);
  });
  if (!response.ok || response.body === null)
    throw new Cannot(`${new URL(url).host} answered ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
}

async function installAuthlib(folder) {
  const venv = join(folder, 'venv');
  await mustRun(mustFind('python3', 'Python'), ['-m', 'venv', venv]);
  const packages = [`Authlib==${AUTHLIB}`, `Flask==${FLASK}`];
  await mustRun(join(venv, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
}
