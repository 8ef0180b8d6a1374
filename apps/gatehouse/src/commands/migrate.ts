import { Output } from '../output.js';
import type { AddCommand } from './command.js';

export const addMigrate: AddCommand = (program, { terminal, ends }) => {
  program
    .command('migrate')
    .description('apply the database migrations of both services; make the streams and buckets of the bus')
    .requiredOption('--config <file>')
    .action(async ({ config }: { readonly config: string }) => {
      const { migrate } = await import('../migrate.js');
      ends(await migrate(config, terminal.env, new Output(terminal.stdout, terminal.env)));
    });
};
