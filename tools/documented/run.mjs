/**
 * `node tools/documented/run.mjs PAGE…` runs the commands of pages, each in a folder of its own, and compares what they print with what
 * the page shows. `--list` names the pages of which something is run. tests/documented/pages.spec.ts does that for all of them.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { pages } from './pages.mjs';
import { performed } from './performed.mjs';
import { makeScratch } from './scratch.mjs';
import { Shell } from './shell.mjs';
import { stepsOf } from './steps.mjs';

const stepsOfPage = (page) => stepsOf(page, readFileSync(resolve(REPOSITORY, page), 'utf8'));

/** @returns {Promise<string | undefined>} what is not as the page says */
async function runPage(page) {
  const scratch = await makeScratch();
  const shell = new Shell(scratch);
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void shell.stop().finally(() => process.exit(130)));
  let printed = '';
  try {
    for (const step of stepsOfPage(page)) {
      const outcome = await performed(step, shell, scratch, printed);
      printed = outcome.output ?? printed;
      if (outcome.problem !== undefined)
        return `${page}:${step.line}: ${outcome.problem}\n${printed.split('\n').slice(-60).join('\n')}`;
    }
    return undefined;
  } finally {
    await shell.stop();
    scratch.remove();
  }
}

const [...named] = process.argv.slice(2);
if (named.includes('--list')) for (const page of pages()) if (stepsOfPage(page).length > 0) console.log(page);
for (const page of named.filter((name) => !name.startsWith('--'))) {
  const problem = await runPage(page);
  if (problem !== undefined) {
    console.log(problem);
    process.exitCode = 1;
  }
}
// Ports are held by listeners that would keep it running.
process.exit();
