/**
 * Commands of pages that need a Docker engine (`run by test:compose`), as they stand and in the order of their page, in a copy of the checkout.
 * The name of the project and the ports are those of this test. Each check answers with what is wrong.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesBelow } from '../checks/files.mjs';
import { pages } from '../documented/pages.mjs';
import { performed } from '../documented/performed.mjs';
import { COMPOSE } from '../documented/shell-markers.mjs';
import { Shell } from '../documented/shell.mjs';
import { stepsOf } from '../documented/steps.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { say } from '../set-up/say.mjs';
import { PROJECT } from './compose.mjs';

const CONFIGURATIONS = ['examples/compose/gatehouse.yaml', 'examples/compose/gatehouse.observed.yaml'];
/** What runs already where a page does not begin from nothing. */
const DEMONSTRATION = 'docker compose --profile demo up --wait';
const LAST_LINES = 60;

/**
 * @typedef {{ environment: Record<string, string>, folder: string, moved: (text: string) => string, images: Record<string, boolean>, signal: AbortSignal }} Place
 *   `images`: of the profile observe, and whether each can be had
 * @param {import('./compose.mjs').Compose} compose takes down what pages leave behind
 * @param {Place} place
 * @returns {[string, () => Promise<string[]>][]}
 */
export const pageChecks = (compose, place) =>
  pages().flatMap((page) => {
    const steps = stepsOf(page, readFileSync(join(REPOSITORY, page), 'utf8'), COMPOSE);
    if (steps.length === 0) return [];
    return [[`${page}: its commands of Docker, as they stand`, () => runPage(compose, page, steps, place)]];
  });

async function runPage(compose, page, steps, place) {
  // Nothing is begun any more.
  place.signal.throwIfAborted();
  const scratch = makeScratch(place);
  const shell = new Shell(scratch);
  const stop = () => void shell.stop();
  place.signal.addEventListener('abort', stop);
  let [printed, isLeftOut] = ['', false];
  try {
    if (!steps.some(({ fromNothing }) => fromNothing === true)) await upWith(shell);
    for (const step of steps) {
      if (step.fromNothing === true) await compose.down();
      if (step.kind === 'run' || step.kind === 'start') {
        const missing = missingImages(step.text, place.images);
        isLeftOut = missing.length > 0;
        if (isLeftOut) say(`  ${page}:${step.line} not run: no image can be had of ${missing.join(', ')}`);
      }
      if (isLeftOut) continue;
      const outcome = await performed(step, shell, scratch, printed);
      printed = outcome.output ?? printed;
      if (outcome.problem !== undefined)
        return [`${page}:${step.line}: ${outcome.problem}\n${lastLines(printed)}`];
      if (step.kind !== 'write') say(`  ${page}:${step.line} as it says`);
    }
    return [];
  } finally {
    place.signal.removeEventListener('abort', stop);
    await shell.stop();
  }
}

async function upWith(shell) {
  const { code, output } = await shell.run(DEMONSTRATION);
  if (code !== 0) throw new Error(`${DEMONSTRATION} ended with ${code}:\n${lastLines(output)}`);
}

const missingImages = (text, images) =>
  /--profile observe\b/.test(text) ? Object.keys(images).filter((name) => !images[name]) : [];

/** @param {Place} place */
function makeScratch({ environment, folder, moved }) {
  const checkout = mkdtempSync(join(folder, 'checkout-'));
  for (const file of filesBelow(['.'], '')) cpSync(join(REPOSITORY, file), join(checkout, file));
  const write = (file, text) => {
    const path = join(checkout, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, moved(text));
  };
  for (const file of CONFIGURATIONS) write(file, readFileSync(join(REPOSITORY, file), 'utf8'));
  return {
    folder: checkout,
    moved,
    write,
    environment: {
      ...process.env,
      ...environment,
      // Pages name their own, or none.
      GATEHOUSE_CONFIG: undefined,
      COMPOSE_PROJECT_NAME: PROJECT,
      COMPOSE_ANSI: 'never',
      COMPOSE_PROGRESS: 'plain',
    },
  };
}

const lastLines = (text) => text.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
