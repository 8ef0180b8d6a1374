import type { Command } from 'commander';
import { rowCount } from '../option-values.js';

/** Which installation, and in which form its rows are wanted: the same for every command that looks into one. */
export const ofInstallation = (command: Command): Command =>
  command
    .option(
      '--config <file>',
      'the configuration; left out: the demonstration. Its databases, unless `gatehouse up` runs beside it',
    )
    .option('--state <folder>', 'the state folder of `gatehouse up`, whether it runs or not')
    .option('--json', 'as JSON');

const DEFAULT_LIMIT = 100;

export const withLimit = (command: Command): Command =>
  command.option('--limit <count>', 'how many at most', rowCount, DEFAULT_LIMIT);

/** A group without a further word lists, so its help says how. */
export const listsByItself = (group: Command, list: Command): Command =>
  group.addHelpText('after', () => `\n${list.helpInformation()}`);

/** Answers of those options. */
export interface InstallationFlags {
  readonly config?: string;
  readonly state?: string;
  readonly json?: boolean;
}

export interface LimitedFlags extends InstallationFlags {
  readonly limit: number;
}
