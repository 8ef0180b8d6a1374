import { Option } from 'commander';
import type { MigratedPart } from '../migrate.js';
import type { AddCommand } from './command.js';
import { jsonOption, reportsTo } from './json-report.js';

interface Flags {
  readonly config: string;
  readonly only?: MigratedPart;
  readonly wait?: string;
  readonly json?: boolean;
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
    .option('--wait <duration>', 'for a database or a bus that does not answer yet; without it, none')
    .addOption(jsonOption())
    .action(async ({ config, json = false, ...flags }: Flags) => {
      const { migrate } = await import('../migrate.js');
      const { output, report } = reportsTo(terminal, json);
      ends(await migrate(config, terminal.env, output, { ...flags, ...report }));
    });
};
