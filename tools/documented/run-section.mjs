/**
 * `node tools/documented/run-section.mjs SPEC PAGE FOLDER HEADING` performs, in that folder, what a page has for that test below one of its
 * headings, and prints what is not as the page says. Variables and the folder last from one call to the next. Without a folder it
 * prints the headings below which there is something. The programs that blocks call come from the test, by `PATH`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { readPage } from './blocks.mjs';
import { performed } from './performed.mjs';
import { Shell } from './shell.mjs';
import { stepsOf } from './steps.mjs';

const LAST_LINES = 60;
const [spec, page, folder, heading] = process.argv.slice(2);
const text = readFileSync(join(REPOSITORY, page), 'utf8');
// Blocks are blank in it: a comment of a command looks like a heading.
const lines = readPage(page, text).prose.split('\n');
const headingOf = ({ line }) =>
  lines
    .slice(0, line)
    .findLast((one) => one.startsWith('## '))
    ?.slice(3)
    .trim() ?? '';
const steps = stepsOf(page, text, spec);

if (folder === undefined) for (const one of new Set(steps.map(headingOf))) console.log(one);
else await perform();
process.exit();

async function perform() {
  const scratch = {
    folder,
    environment: process.env,
    moved: (same) => same,
    write: (file, content) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), content);
    },
  };
  const shell = new Shell(scratch);
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void shell.stop().finally(() => process.exit(130)));
  let printed = '';
  for (const step of steps.filter((one) => headingOf(one) === heading)) {
    const outcome = await performed(step, shell, scratch, printed);
    printed = outcome.output ?? printed;
    if (outcome.problem === undefined) continue;
    console.log(
      `${page}:${step.line}: ${outcome.problem}\n${printed.split('\n').slice(-LAST_LINES).join('\n')}`,
    );
    process.exitCode = 1;
    break;
  }
  await shell.stop();
}
