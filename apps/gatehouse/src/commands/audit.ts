import { wholeNumber } from '../option-values.js';
import type { AddCommand } from './command.js';
import { jsonOption, reportsTo } from './json-report.js';

interface ArchiveFlags {
  readonly config: string;
  readonly directory: string;
  readonly before: string;
  readonly remove?: boolean;
  readonly json?: boolean;
}

interface VerifyFlags {
  readonly config: string;
  readonly archive?: readonly string[];
  readonly offline?: boolean;
  readonly head?: readonly string[];
  readonly first: number;
  readonly last: number;
  readonly json?: boolean;
}

export const addAudit: AddCommand = (program, { terminal, ends }) => {
  const audit = program.command('audit').description('the custody log: archive it, verify it');

  audit
    .command('archive')
    .description(
      'export whole days of the custody log, and verify the files; with --remove, delete the days from the database',
    )
    .requiredOption('--config <file>')
    .requiredOption('--directory <folder>', 'where the archives go')
    .requiredOption('--before <time>', 'days that ended before this date, or this long ago (30d)')
    .option('--remove', 'delete archived days from the database')
    .addOption(jsonOption())
    .action(async ({ json = false, remove = false, ...flags }: ArchiveFlags) => {
      const { archive } = await import('../audit/archive.js');
      const { output, report } = reportsTo(terminal, json);
      ends(await archive({ remove, ...flags, ...report }, terminal.env, output));
    });

  audit
    .command('verify')
    .description(
      'recompute every chain: exit code 0 when everything is as it was written, 2 when something differs',
    )
    .requiredOption('--config <file>')
    .option('--archive <folder...>', 'archives to verify, with the database or without')
    .option('--offline', 'do not ask the database')
    .option('--head <replica:sequence...>', 'how far chains are known to have reached (custody-log-head)')
    .option(
      '--first <number>',
      'number of the first archive here; earlier ones are kept elsewhere',
      wholeNumber,
      1,
    )
    .option('--last <number>', 'the number of the last archive', wholeNumber, 0)
    .addOption(jsonOption())
    .action(
      async ({ archive: archives = [], offline = false, head = [], json = false, ...flags }: VerifyFlags) => {
        const { verify } = await import('../audit/verify.js');
        const { output, report } = reportsTo(terminal, json);
        ends(await verify({ archives, offline, heads: head, ...flags, ...report }, terminal.env, output));
      },
    );
};
