import { Output } from '../output.js';
import type { AddCommand } from './command.js';

export const addValidate: AddCommand = (program, { terminal, ends }) => {
  program
    .command('validate')
    .description('check a configuration by the rules that the services run at start')
    .argument('<file>')
    .option('--explain', 'also show every derived value, and why')
    .action(async (file: string, { explain = false }: { readonly explain?: boolean }) => {
      const { validate } = await import('../validate.js');
      ends(validate(file, explain, new Output(terminal.stdout, terminal.env)));
    });
};
