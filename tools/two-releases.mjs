/**
 * `npm run two-releases [COMMIT]`: the release before this one (tests/previous-release/release.json, or that commit) is made from the
 * history, and this one takes its place, service by service and back, while people call, refresh, sign in and sign out: docs/operate/upgrade.md
 * as it stands, and then every other combination of the three services. Ends with a table; the exit code is 0 only if nobody was
 * answered wrongly, refused or signed out.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './set-up/build.mjs';
import { printTable } from './set-up/figures-table.mjs';
import { ensureRelease } from './set-up/release.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { run } from './set-up/run.mjs';
import { Cannot, say } from './set-up/say.mjs';
import { setUp } from './set-up/set-up.mjs';

const FIGURES = join(REPOSITORY, 'test-results/two-releases.txt');
const SPEC = 'tests/previous-release/upgrade.spec.ts';
const HEADINGS = ['runs', 'calls right', 'wrong', 'failed', 'not gone on'];

const { commit: recorded } = JSON.parse(
  readFileSync(join(REPOSITORY, 'tests/previous-release/release.json'), 'utf8'),
);
const node = await setUp();
await build(node);
const before = await ensureRelease(process.argv[2] ?? recorded).catch((error) => {
  if (!(error instanceof Cannot)) throw error;
  console.error(error.message);
  process.exit(1);
});
mkdirSync(join(REPOSITORY, 'test-results'), { recursive: true });
rmSync(FIGURES, { force: true });
say(`Two releases: ${before} and this one`);
const jest = [join(REPOSITORY, 'node_modules/jest/bin/jest.js'), '-w', '1', '--silent', SPEC];
const { code } = await run(node, jest, {
  stdio: 'inherit',
  env: {
    NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    GATEHOUSE_FIGURES: FIGURES,
    GATEHOUSE_RELEASE_BEFORE: before,
  },
});
printTable('two releases', HEADINGS, existsSync(FIGURES) ? readFileSync(FIGURES, 'utf8') : '');
process.exitCode = code;
