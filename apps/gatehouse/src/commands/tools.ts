import { Output } from '../output.js';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly config: string;
  readonly url?: string;
  readonly insecureAllowHttp?: boolean;
  readonly json?: boolean;
}

export const addTools: AddCommand = (program, { terminal, ends }) => {
  program
    .command('tools')
    .description(
      'list what callers see: each tool with its backend, strategy, credential and scopes. With an access token in GATEHOUSE_TOKEN, as the gateway lists it',
    )
    .option('--config <file>', 'the configuration that the gateway runs with', DEMONSTRATION_CONFIGURATION)
    .option('--url <url>', 'its MCP endpoint; left out: the one that the configuration names')
    .option('--insecure-allow-http', 'send the access token over http to another machine as well')
    .option('--json', 'as JSON')
    .action(async ({ json = false, insecureAllowHttp = false, ...flags }: Flags) => {
      const { tools } = await import('../tools/tools.js');
      ends(
        await tools(
          { json, insecureAllowHttp, ...flags },
          terminal.env,
          new Output(terminal.stdout, terminal.env),
        ),
      );
    });
};
