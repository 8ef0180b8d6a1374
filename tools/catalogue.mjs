/**
 * `npm run catalogue [registries…]`: servers of npm, PyPI and Go that nobody here wrote, directly and through Gatehouse
 * (`tests/catalogue`): what they list, and what a call, a prompt and a resource come to. All registries when none is named; `packages` are
 * the servers that come with the packages of this repository, which are always among them. Ends with a table. The exit code is 0 if everything could
 * be installed, and nothing differs but what `tests/support/catalogue/servers.ts` names; else it is 1.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './set-up/build.mjs';
import { ensureCatalogue, registryNames } from './set-up/catalogue.mjs';
import { printTable } from './set-up/figures-table.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { run } from './set-up/run.mjs';
import { say } from './set-up/say.mjs';
import { setUp } from './set-up/set-up.mjs';

const FIGURES = join(REPOSITORY, 'test-results/catalogue.txt');
const HEADINGS = [
  'server',
  'version',
  'registry',
  'transport',
  'era',
  'tools, prompts, resources',
  'lists same',
  'call same',
  'differences',
];

const asked = process.argv.slice(2);
const names = ['packages', ...registryNames];
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`Not known: ${unknown.join(', ')}. There are ${names.join(', ')}.`);
  process.exit(64);
}
const registries = asked.length > 0 ? asked.filter((name) => name !== 'packages') : registryNames;

const node = await setUp();
await build(node);
/** @type {Map<string, string>} */
const missing = new Map();
for (const registry of registries)
  await ensureCatalogue(registry).catch((error) => missing.set(registry, error.message));
const installed = registries.filter((registry) => !missing.has(registry));

mkdirSync(join(REPOSITORY, 'test-results'), { recursive: true });
rmSync(FIGURES, { force: true });
say(`Catalogue of real servers: ${['packages', ...installed].join(', ')}`);
const jest = [join(REPOSITORY, 'node_modules/jest/bin/jest.js'), '-w', '1', '--silent', 'tests/catalogue'];
const { code } = await run(node, jest, {
  stdio: 'inherit',
  env: {
    NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    GATEHOUSE_FIGURES: FIGURES,
    GATEHOUSE_CATALOGUE: ['packages', ...installed].join(),
  },
});
printTable('catalogue', HEADINGS, existsSync(FIGURES) ? readFileSync(FIGURES, 'utf8') : '');
for (const [registry, reason] of missing) console.log(`${registry} could not be installed: ${reason}`);
process.exitCode = missing.size > 0 || code !== 0 ? 1 : 0;
