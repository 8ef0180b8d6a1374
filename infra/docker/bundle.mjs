/**
 * Makes what an image holds of one program: `node bundle.mjs SERVICE FOLDER`. The program is bundled out of its compiled files, and lies where
 * it lies in a checkout, so that it finds its files by the same paths (ADR 60).
 */
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { billOfMaterials, licences, packagesOf } from './bill-of-materials.mjs';
import { isRunFile, manifestOf, neededBy, packageOf, REPOSITORY } from './program-files.mjs';

const [service = '', folder = ''] = process.argv.slice(2);
const app = `apps/${service}`;

/** Packages of CommonJS ask for these names wherever they are, and a module has none of them. */
const BANNER = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename;',
].join('\n');

/** What a foreign package would use and nobody installed (peers that are optional) is asked for when it runs, as without a bundle. */
const optionalPeers = {
  name: 'optional-peers',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[@a-z]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === 'asked' || !importer.includes('/node_modules/')) return undefined;
      const found = await resolve(path, { importer, kind, resolveDir, pluginData: 'asked' });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};

/** They read files beside their own, so they stay packages. */
const AS_PACKAGES = ['@cedar-policy/cedar-wasm'];

/** They have machine code, and whoever configures what needs them adds them (docs/guides/held-keys.md). */
const OPTIONAL = ['koffi'];

/** What is loaded late and at once, by this call, is to be bundled, too; esbuild sees `require` alone. */
const REQUIRE_OF_MODULES = /\bcreateRequire\(import\.meta\.url\)\((?=['"])/g;
const lateRequires = {
  name: 'late-requires',
  setup({ onLoad }) {
    onLoad({ filter: /\.m?js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace(REQUIRE_OF_MODULES, 'require(');
      return contents === text ? undefined : { contents, loader: 'js' };
    });
  },
};

/** Programs that a service starts. */
const PROGRAMS_BESIDE = { 'authorization-server': ['held-keys/pkcs11-program.js'] };

/** What `main.js` loads late has to be a file of its own: one file's imports are all loaded before any of it runs. */
const LATE = 'program.js';
const lateProgram = {
  name: 'late-program',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/program\.js$/ }, ({ path, importer }) =>
      importer.endsWith('/dist/main.js') ? { path, external: true } : undefined,
    );
  },
};

async function bundle() {
  const late = existsSync(join(REPOSITORY, app, 'dist', LATE)) ? [LATE] : [];
  const programs = ['main.js', ...late, ...(PROGRAMS_BESIDE[service] ?? [])].map((file) =>
    join(app, 'dist', file),
  );
  const { metafile } = await build({
    entryPoints: programs,
    outdir: join(folder, app, 'dist'),
    outbase: join(app, 'dist'),
    absWorkingDir: REPOSITORY,
    bundle: true,
    // In one piece, where modules are evaluated in the order of their imports; what is loaded late is still evaluated late.
    splitting: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Names of classes are in logs and in Nest's messages.
    keepNames: true,
    // All of their texts are in licenses.txt.
    legalComments: 'none',
    banner: { js: BANNER },
    external: [...AS_PACKAGES.map((name) => `${name}/*`), ...OPTIONAL],
    plugins: [optionalPeers, lateRequires, lateProgram],
    metafile: true,
    logLevel: 'warning',
  });
  return Object.keys(metafile.inputs).sort();
}

function copy(path, filter = () => true) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(REPOSITORY, path), target, { recursive: true, filter });
}

const write = (name, text) => writeFileSync(join(folder, name), text);

const inputs = await bundle();
const { version, name, type } = manifestOf(app);
write(`${app}/package.json`, `${JSON.stringify({ name, version, type })}\n`);
const asPackages = inputs.some((path) => path.startsWith('libs/config/')) ? [...neededBy(AS_PACKAGES)] : [];
for (const path of asPackages) copy(path, isRunFile);
// The command line brings the databases of the services up to date.
if (service === 'gatehouse')
  for (const owner of ['authorization-server', 'token-vault']) copy(`prisma/${owner}/migrations`);
const packages = packagesOf([...inputs.map(packageOf), ...asPackages]);
write('sbom.cdx.json', billOfMaterials(service, version, packages));
write('licenses.txt', licences(packages));

if (!existsSync(join(folder, app, 'dist/main.js'))) throw new Error(`${app} has no dist/main.js`);
symlinkSync(`${app}/dist/main.js`, join(folder, 'program.js'));
