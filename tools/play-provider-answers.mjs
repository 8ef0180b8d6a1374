/**
 * `npm run provider-answers [answers]`: plays so many random answers and faults of a provider (10,000 when nothing is said; CI has a
 * short play) against the vault's refresh code, with two replicas, Postgres and NATS. Prints what was lost; the exit code is 0 only
 * if nothing was.
 */
import { join } from 'node:path';
import { REPOSITORY } from './set-up/repository.mjs';
import { run } from './set-up/run.mjs';
import { say } from './set-up/say.mjs';
import { setUp } from './set-up/set-up.mjs';

const ANSWERS = 10_000;
const SPEC = 'apps/token-vault/src/refresh/randomised-answers.spec.ts';
/** Far more than a slow machine needs for one. */
const MAX_MS_PER_ANSWER = 500;

const answers = Number(process.argv[2] ?? ANSWERS);
if (!Number.isInteger(answers) || answers < 1) {
  console.error('How many? `npm run provider-answers -- 10000` is the whole play.');
  process.exit(64);
}
const node = await setUp();
say(`${answers} answers`);
const jest = join(REPOSITORY, 'node_modules/jest/bin/jest.js');
const { code } = await run(
  node,
  [jest, '-w', '1', '--testTimeout', String(300_000 + answers * MAX_MS_PER_ANSWER), SPEC],
  {
    stdio: 'inherit',
    env: {
      NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
      GATEHOUSE_ANSWERS: String(answers),
      ...(process.env.GATEHOUSE_SEED === undefined ? {} : { GATEHOUSE_SEED: process.env.GATEHOUSE_SEED }),
    },
  },
);
process.exitCode = code;
