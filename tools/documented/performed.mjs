/** Does one step of a page, and says what of it is not as the page says. */
import { missingLine } from './expected-output.mjs';

/**
 * @param {import('./steps.mjs').Step} step
 * @param {import('./shell.mjs').Shell} shell
 * @param {{ moved: (text: string) => string, write: (file: string, text: string) => void }} scratch
 * @param {string} printed by the commands before it
 * @returns {Promise<{ output?: string, problem?: string }>}
 */
export async function performed(step, shell, { moved, write }, printed) {
  switch (step.kind) {
    case 'write':
      write(step.file, step.text);
      return {};
    case 'run': {
      const { code, output } = await shell.run(moved(step.text));
      return code === step.ending
        ? { output }
        : { output, problem: `ended with ${code}, not ${step.ending}:\n${step.text}` };
    }
    case 'start': {
      const { isUp, output } = await shell.start(moved(step.text), moved(step.until));
      return isUp ? { output } : { output, problem: `"${step.until}" was never printed by:\n${step.text}` };
    }
    default: {
      const missing = missingLine(moved(step.text), printed);
      return missing === undefined ? {} : { problem: `this was not printed: ${missing}` };
    }
  }
}
