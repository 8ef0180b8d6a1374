/**
 * `npm run faults [minutes]`: every fault of `tests/faults` against real services, Postgres with a standby and three NATS
 * servers, the campaign under load for so long (30 minutes when nothing is said; CI has a short one). Ends with the
 * figures, as a table; the exit code is 0 only if nothing was lost.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './set-up/build.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { run } from './set-up/run.mjs';
import { say } from './set-up/say.mjs';
import { setUp } from './set-up/set-up.mjs';

const MINUTES = 30;
const FIGURES = join(REPOSITORY, 'test-results/faults.txt');

const minutes = Number(process.argv[2] ?? MINUTES);
if (!(minutes > 0)) {
  console.error('How long? `npm run faults 30` is half an hour.');
  process.exit(64);
}
const node = await setUp();
await build(node);
mkdirSync(join(REPOSITORY, 'test-results'), { recursive: true });
rmSync(FIGURES, { force: true });
say(`Faults, the campaign among them for ${minutes} minutes`);
const jest = [join(REPOSITORY, 'node_modules/jest/bin/jest.js'), '-w', '1', '--silent', 'tests/faults'];
const { code } = await run(node, jest, {
  stdio: 'inherit',
  env: {
    NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    GATEHOUSE_FIGURES: FIGURES,
    GATEHOUSE_FAULTS_MINUTES: String(minutes),
  },
});
console.log(`\nFigures:\n${readFileSync(FIGURES, 'utf8')}`);
process.exitCode = code;
