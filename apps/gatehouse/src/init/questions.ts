import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { Cannot } from '../cannot.js';
import type { Terminal } from '../terminal.js';

/** Asks a person, one line for each question; an empty answer takes the default. */
export interface Questions {
  ask(question: string, fallback: string): Promise<string>;
  /** The same for what nobody is to read from the screen. */
  askSecret(question: string, fallback: string): Promise<string>;
  close(): void;
}

/** Nobody is asked: every answer is its default. */
export const defaults: Questions = {
  ask: (_question, fallback) => Promise.resolve(fallback),
  askSecret: (_question, fallback) => Promise.resolve(fallback),
  close: () => undefined,
};

/** @throws {Cannot} where nobody sits at the other end */
export function questionsAt({ stdin, stdout }: Terminal): Questions {
  if (stdin?.isTTY !== true)
    throw new Cannot(
      'There is nobody here to ask. Take the defaults, or say more by options: gatehouse init --yes',
      'usage',
    );
  const lines = createInterface({ input: stdin });
  const answers = lines[Symbol.asyncIterator]();
  const ask: Questions['ask'] = async (question, fallback) => {
    stdout.write(`${question}${fallback === '' ? '' : ` (${fallback})`}: `);
    const { value, done } = await answers.next();
    if (done === true)
      throw new Cannot(
        'The answers ended before the questions. Nothing was written; begin again: gatehouse init',
        'usage',
      );
    return value.trim() === '' ? fallback : value.trim();
  };
  return {
    ask,
    askSecret: async (question, fallback) => {
      // Node puts the terminal back as it was however this ends, Ctrl-C included.
      const isHidden = echo('-echo');
      try {
        return await ask(question, fallback);
      } finally {
        if (isHidden) {
          echo('echo');
          stdout.write('\n');
        }
      }
    },
    close: () => lines.close(),
  };
}

/** Whether the terminal shows what is typed: its own work, and stty(1) tells it. */
const echo = (setting: 'echo' | '-echo'): boolean =>
  spawnSync('stty', [setting], { stdio: ['inherit', 'ignore', 'ignore'] }).status === 0;
