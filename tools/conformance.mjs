/**
 * `npm run conformance [dual modern legacy]`: the official conformance suite of MCP through the whole gateway, with a person signed
 * in, before backends that speak both eras, 2026-07-28 alone, and the earlier revisions alone (`tests/conformance`). Ends with two
 * tables: the scored scenarios of each revision, and what of each feature arrives. The exit code is 0 only if nothing is lost but
 * what `tests/support/conformance/known-differences.ts` names, and nothing of that is carried by now.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './set-up/build.mjs';
import { printTable } from './set-up/figures-table.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { run } from './set-up/run.mjs';
import { say } from './set-up/say.mjs';
import { setUp } from './set-up/set-up.mjs';

const KINDS = ['dual', 'modern', 'legacy'];
const FIGURES = join(REPOSITORY, 'test-results/conformance.txt');

const asked = process.argv.slice(2);
const unknown = asked.filter((kind) => !KINDS.includes(kind));
if (unknown.length > 0) {
  console.error(`Not known: ${unknown.join(', ')}. There are ${KINDS.join(', ')}.`);
  process.exit(64);
}
const kinds = asked.length > 0 ? asked : KINDS;

const node = await setUp();
await build(node);
mkdirSync(join(REPOSITORY, 'test-results'), { recursive: true });
rmSync(FIGURES, { force: true });
say(`Conformance, before backends of these kinds: ${kinds.join(', ')}`);
const jest = [join(REPOSITORY, 'node_modules/jest/bin/jest.js'), '-w', '1', '--silent', 'tests/conformance'];
const { code } = await run(node, jest, {
  stdio: 'inherit',
  env: {
    NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    GATEHOUSE_FIGURES: FIGURES,
    GATEHOUSE_CONFORMANCE: kinds.join(),
  },
});
const figures = existsSync(FIGURES) ? readFileSync(FIGURES, 'utf8') : '';
printTable('conformance', ['revision', 'backend', 'directly', 'through', 'lost'], figures);
printTable('fidelity', [], figures);
process.exitCode = code;
