import { resolve } from 'node:path';
import { DEFAULT_PORT_BASE } from '@gatehouse/kernel/default-ports';
import { port, replicaCount } from '../option-values.js';
import { DEMONSTRATION_STATE } from '../paths.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly portBase: number;
  readonly state: string;
  readonly config?: string;
  readonly replicas: number;
}

export const addUp: AddCommand = (program, { terminal, ends }) => {
  program
    .command('up')
    .description('run a whole gateway on this machine; without --config, the demonstration')
    .option(
      '--once',
      'do the main job once, report and stop; exit code 0 only if every token was the right one',
    )
    .option(
      '--json',
      'print the rows of the main job as JSON to standard output, everything else to standard error',
    )
    .option('--port-base <port>', 'first of the ports to use', port, DEFAULT_PORT_BASE)
    .option(
      '--state <folder>',
      'where secrets, databases and logs are kept between starts',
      DEMONSTRATION_STATE,
    )
    .option('--config <file>', 'a gatehouse.yaml of your own instead of the demonstration')
    .option(
      '--replicas <count>',
      'how many of each service, each further one 100 ports above the one before',
      replicaCount,
      1,
    )
    .action(async ({ once = false, json = false, portBase, state, config, replicas }: Flags) => {
      const { up } = await import('../up/up.js');
      const stateFolder = resolve(state);
      const configFile = config === undefined ? {} : { configFile: config };
      ends(await up({ once, json, portBase, stateFolder, replicas, ...configFile }, terminal));
    });
};
