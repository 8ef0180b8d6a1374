import { resolve } from 'node:path';
import { Output } from '../output.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly name?: string;
  readonly publicUrl?: string;
  readonly provider?: string;
  readonly clientId?: string;
  readonly backend?: readonly string[];
}

export const addInit: AddCommand = (program, { terminal, ends }) => {
  program
    .command('init')
    .description('write a first gatehouse.yaml, and the keys that it names')
    .argument('[folder]', 'where', '.')
    .option('--yes', 'ask nothing: what no option says is the default')
    .option('--force', 'write in the place of a gatehouse.yaml that is there; keys stay')
    .option('--name <name>', 'name of the gateway')
    .option('--public-url <url>', 'URL that clients reach it at')
    .option('--provider <profile>', 'provider that people sign in at, or none')
    .option('--client-id <id>', 'of the gateway at that provider; its secret is read from CLIENT_SECRET')
    .option('--backend <name=url...>', 'MCP servers')
    .action(async (folder: string, { yes = false, force = false, ...more }: Flags) => {
      const [{ init }, { defaults, questionsAt }] = await Promise.all([
        import('../init/init.js'),
        import('../init/questions.js'),
      ]);
      const secret = terminal.env['CLIENT_SECRET'];
      const questions = yes ? defaults : questionsAt(terminal);
      const options = {
        ...more,
        folder: resolve(folder),
        force,
        ...(secret === undefined ? {} : { clientSecret: secret }),
      };
      try {
        ends(await init(options, questions, new Output(terminal.stdout, terminal.env)));
      } finally {
        questions.close();
      }
    });
};
