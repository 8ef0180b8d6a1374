import type { AddCommand } from './command.js';
import { jsonOption, reportsTo } from './json-report.js';

interface Flags {
  readonly config?: string;
  readonly state?: string;
  readonly passphraseFile?: string;
  readonly withoutKeys?: boolean;
  readonly replace?: boolean;
  readonly check?: boolean;
  readonly json?: boolean;
}

const PASSPHRASE = 'a file with the passphrase; left out: GATEHOUSE_BACKUP_PASSPHRASE';

export const addBackup: AddCommand = (program, { terminal, ends }) => {
  program
    .command('backup')
    .description('copy both databases into a folder, while the gateway runs; of `up` the keys as well')
    .argument('<folder>', 'a new folder')
    .option('--config <file>', 'the configuration; its databases, unless there is --state')
    .option('--state <folder>', 'the state folder of `gatehouse up`; without --config, of its demonstration')
    .option('--passphrase-file <file>', PASSPHRASE)
    .option('--without-keys', 'of a state folder the databases only')
    .addOption(jsonOption())
    .action(async (folder: string, { withoutKeys = false, json = false, ...flags }: Flags) => {
      const { backup } = await import('../backup/backup.js');
      const { output, report } = reportsTo(terminal, json);
      const options = { folder, withoutKeys, ...flags, ...report, ending: terminal };
      ends(await backup(options, terminal.env, output));
    });
  program
    .command('restore')
    .description('look at a backup from end to end, then put it back; all services have to be stopped')
    .argument('<folder>', 'what `gatehouse backup` made')
    .option('--config <file>', 'the configuration; its databases, unless there is --state')
    .option('--state <folder>', 'the state folder of `gatehouse up`, there or new')
    .option('--passphrase-file <file>', PASSPHRASE)
    .option('--replace', 'what is in the databases goes')
    .option('--check', 'only look at the backup')
    .addOption(jsonOption())
    .action(async (folder: string, { replace = false, check = false, json = false, ...flags }: Flags) => {
      const { restore } = await import('../backup/restore.js');
      const { output, report } = reportsTo(terminal, json);
      ends(await restore({ folder, replace, check, ...flags, ...report }, terminal.env, output));
    });
};
