import { Option } from 'commander';
import { Output } from '../output.js';
import type { AddCommand } from './command.js';
import { listsByItself, ofInstallation, type InstallationFlags } from './installation-options.js';

export const addKeys: AddCommand = (program, { terminal, ends }) => {
  const output = new Output(terminal.stdout, terminal.env);
  const keys = program
    .command('keys')
    .description('every key of an installation; without a further word, the list');
  const list = ofInstallation(
    keys
      .command('list', { isDefault: true })
      .description(
        'list every key: what it is for, its id, its state, and what only it opens; no private part is read',
      ),
  ).action(async ({ json = false, ...flags }: InstallationFlags) => {
    const { listKeys } = await import('../operate/keys.js');
    ends(await listKeys({ json, ...flags }, terminal.env, output));
  });
  listsByItself(keys, list);
  ofInstallation(
    keys
      .command('rotate')
      .description(
        'have the next keys made that sign tokens; they are published now, and sign when everybody knows them',
      ),
  )
    .addOption(
      new Option('--algorithm <name>', 'only the key for this one; left out: one for each').choices([
        'ES256',
        'RS256',
      ]),
    )
    .action(async ({ json = false, ...flags }: InstallationFlags & { readonly algorithm?: string }) => {
      const { rotateKeys } = await import('../operate/signing-keys.js');
      ends(await rotateKeys({ json, ...flags }, terminal.env, output));
    });
  ofInstallation(
    keys
      .command('withdraw')
      .description(
        'end a key that signs tokens, because somebody else may have it: what it signed is refused, and clients get new tokens',
      )
      .argument('<key>', 'the first characters of its id, as the list shows it'),
  ).action(async (key: string, { json = false, ...flags }: InstallationFlags) => {
    const { withdrawKey } = await import('../operate/signing-keys.js');
    ends(await withdrawKey({ key, json, ...flags }, terminal.env, output));
  });
};
