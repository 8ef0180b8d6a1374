import { Option } from 'commander';
import type { Form } from '../convert.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly to?: Form;
  readonly virtualServer?: string;
  readonly namespace?: string;
}

export const addConvert: AddCommand = (program, { terminal }) => {
  program
    .command('convert')
    .description('print a configuration in the other form: manifests as a gatehouse.yaml, or the other way')
    .argument('<file>', 'a gatehouse.yaml, a file of manifests, a folder of them, or - for standard input')
    .addOption(new Option('--to <form>', 'left out: the other one').choices(['native', 'manifests']))
    .option(
      '--virtual-server <name>',
      'of several VirtualMCPServers the one to convert, by name or namespace/name',
    )
    .option('--namespace <name>', 'of the objects that are written; left out: default')
    .action(async (file: string, flags: Flags) => {
      const { convert } = await import('../convert.js');
      terminal.stdout.write(convert(file, flags));
    });
};
