import { Output } from '../output.js';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly config: string;
  readonly log?: readonly string[];
  readonly json?: boolean;
}

export const addExplain: AddCommand = (program, { terminal, ends }) => {
  program
    .command('explain')
    .description('say where calls of a tool go and with whose credential, or what happened with one call')
    .argument('<what>', 'a tool as clients know it, a backend, or the trace id or request id of a call')
    .option('--config <file>', 'the configuration that the gateway runs with', DEMONSTRATION_CONFIGURATION)
    .option('--log <file...>', 'logs of the proxy with audit lines, in which the call is looked up')
    .option('--json', 'as JSON')
    .action(async (what: string, { config, log = [], json = false }: Flags) => {
      const { explain } = await import('../explain/explain.js');
      const output = new Output(terminal.stdout, terminal.env);
      ends(await explain({ what, config, logs: log, json }, terminal.env, output));
    });
};
