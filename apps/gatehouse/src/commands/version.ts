import { Output } from '../output.js';
import type { AddCommand } from './command.js';

export const addVersion: AddCommand = (program, { terminal, ends }) => {
  program
    .command('version')
    .description('say which versions run here, and of which commit')
    .option('--json', 'as JSON')
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const { version } = await import('../version.js');
      ends(version(new Output(terminal.stdout, terminal.env), json ? terminal.stdout : undefined));
    });
};
