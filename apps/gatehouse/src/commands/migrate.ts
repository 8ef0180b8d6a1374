import { Option } from 'commander';
import type { MigratedPart } from '../migrate.js';
import { Output } from '../output.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly config: string;
  readonly only?: MigratedPart;
}

export const addMigrate: AddCommand = (program, { terminal, ends }) => {
  program
    .command('migrate')
    .description('apply the database migrations of both services; make the streams and buckets of the bus')
    .requiredOption('--config <file>')
    .addOption(
      new Option('--only <part>', 'one of both alone: it reads no secret of the other').choices([
        'databases',
        'bus',
      ]),
    )
    .action(async ({ config, only }: Flags) => {
      const { migrate } = await import('../migrate.js');
      ends(await migrate(config, terminal.env, new Output(terminal.stdout, terminal.env), only));
    });
};
