/**
 * `npm run real-providers [names…]`: people sign in through Gatehouse at identity providers that nobody here wrote, as they are by
 * default; their tokens are renewed, their keys are changed, their grants are ended on either side (`tests/real-providers`). All of
 * them when none is named; `--without name` leaves one out. Ends with the figures, as a table; the exit code is 0 only if
 * everything that was asked for could be installed, and passed.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './set-up/build.mjs';
import { printTable } from './set-up/figures-table.mjs';
import { ensureRealProvider, providerNames } from './set-up/real-providers.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { run } from './set-up/run.mjs';
import { say } from './set-up/say.mjs';
import { setUp } from './set-up/set-up.mjs';

const FIGURES = join(REPOSITORY, 'test-results/real-providers.txt');
const HEADINGS = [
  'provider',
  'version',
  'sign-in',
  'refresh',
  'key rotation',
  'revocation by us',
  'grant ended by the provider',
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { without: { type: 'string', multiple: true, default: [] } },
});
const unknown = [...positionals, ...values.without].filter((name) => !providerNames.includes(name));
if (unknown.length > 0) {
  console.error(`Not known: ${unknown.join(', ')}. There are ${providerNames.join(', ')}.`);
  process.exit(64);
}
const wanted = (positionals.length > 0 ? positionals : providerNames).filter(
  (name) => !values.without.includes(name),
);

const node = await setUp();
await build(node);
/** @type {Map<string, string>} */
const missing = new Map();
for (const name of wanted) await ensureRealProvider(name).catch((error) => missing.set(name, error.message));
const installed = wanted.filter((name) => !missing.has(name));

mkdirSync(join(REPOSITORY, 'test-results'), { recursive: true });
rmSync(FIGURES, { force: true });
const code = installed.length === 0 ? 1 : await play(installed);
printTable('real provider', HEADINGS, existsSync(FIGURES) ? readFileSync(FIGURES, 'utf8') : '');
for (const [name, reason] of missing) console.log(`${name} could not be installed: ${reason}`);
process.exitCode = missing.size > 0 ? 1 : code;

async function play(names) {
  say(`Real providers: ${names.join(', ')}`);
  const jest = [join(REPOSITORY, 'node_modules/jest/bin/jest.js'), '-w', '1', 'tests/real-providers'];
  const ended = await run(node, jest, {
    stdio: 'inherit',
    env: {
      NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
      GATEHOUSE_FIGURES: FIGURES,
      GATEHOUSE_REAL_PROVIDERS: names.join(),
    },
  });
  return ended.code;
}
