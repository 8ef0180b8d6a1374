import { Output } from '../output.js';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly config: string;
  readonly url?: string;
  readonly json?: boolean;
}

export const addDemonstrate: AddCommand = (program, { terminal, ends }) => {
  program
    .command('demonstrate')
    .description('do the main job against a demonstration gateway that already runs')
    .option('--config <file>', 'the configuration that the gateway runs with', DEMONSTRATION_CONFIGURATION)
    .option('--url <url>', 'its MCP endpoint; left out: the one that the configuration names')
    .option('--json', 'print the rows as JSON to standard output, everything else to standard error')
    .action(async ({ config, url, json = false }: Flags) => {
      const { demonstrate } = await import('../demonstrate.js');
      const output = new Output(json ? terminal.stderr : terminal.stdout, terminal.env);
      const rows = json ? terminal.stdout : undefined;
      ends(await demonstrate({ config, rows, ...(url === undefined ? {} : { url }) }, output));
    });
};
