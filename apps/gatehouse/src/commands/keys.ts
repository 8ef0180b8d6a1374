import { Output } from '../output.js';
import type { AddCommand } from './command.js';
import { ofInstallation, type InstallationFlags } from './installation-options.js';

export const addKeys: AddCommand = (program, { terminal, ends }) => {
  ofInstallation(
    program
      .command('keys')
      .description(
        'list every key: what it is for, its id, its state, and what only it opens; no private part is read',
      ),
  ).action(async ({ json = false, ...flags }: InstallationFlags) => {
    const { listKeys } = await import('../operate/keys.js');
    ends(await listKeys({ json, ...flags }, terminal.env, new Output(terminal.stdout, terminal.env)));
  });
};
