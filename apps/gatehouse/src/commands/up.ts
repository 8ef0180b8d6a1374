import { dirname, join, resolve } from 'node:path';
import { DEFAULT_PORT_BASE } from '@gatehouse/kernel/default-ports';
import { Cannot } from '../cannot.js';
import { port, replicaCount } from '../option-values.js';
import { DEMONSTRATION_STATE } from '../paths.js';
import type { UpOptions } from '../up/plan.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly portBase: number;
  readonly state?: string;
  readonly config?: string;
  readonly replicas: number;
}

export const addUp: AddCommand = (program, { terminal, ends }) => {
  program
    .command('up')
    .description('run a whole gateway on this machine; without a file, the demonstration')
    .argument('[file]', 'a gatehouse.yaml of your own instead of the demonstration')
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
      'where keys, passwords, databases and logs are kept between starts; without it, .gatehouse beside the file',
    )
    .option('--config <file>', 'the same as the file alone')
    .option(
      '--replicas <count>',
      'how many of each service, each further one 100 ports above the one before',
      replicaCount,
      1,
    )
    .action(async (file: string | undefined, flags: Flags) => {
      const { up } = await import('../up/up.js');
      ends(await up(upOptions(file, flags), terminal));
    });
};

function upOptions(file: string | undefined, flags: Flags): UpOptions {
  const { once = false, json = false, portBase, state, config, replicas } = flags;
  if (file !== undefined && config !== undefined && file !== config)
    throw new Cannot(`Two files are named. Name one: gatehouse up ${file}`, 'usage');
  const configFile = file ?? config;
  const own = configFile === undefined ? DEMONSTRATION_STATE : join(dirname(configFile), '.gatehouse');
  const stateFolder = resolve(state ?? own);
  return { once, json, portBase, stateFolder, replicas, ...(configFile === undefined ? {} : { configFile }) };
}
