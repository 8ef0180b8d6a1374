import { Output } from '../output.js';
import type { AddCommand } from './command.js';
import { apiAccess, orOverApi, type ApiFlags } from './installation-options.js';

export const addProviders: AddCommand = (program, { terminal, ends }) => {
  orOverApi(
    program
      .command('providers')
      .description(
        'how the identity providers are, by what came of the gateway’s own requests; over its administrator’s API',
      ),
  )
    .option('--json', 'as JSON')
    .action(async ({ json = false, ...flags }: ApiFlags & { readonly json?: boolean }) => {
      const { providersOverApi } = await import('../operate/over-api.js');
      const output = new Output(terminal.stdout, terminal.env);
      ends(await providersOverApi({ json, ...apiAccess(flags, 'needed') }, terminal.env, output));
    });
};
