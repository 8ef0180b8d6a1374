import { Output } from '../output.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly explain?: boolean;
  readonly virtualServer?: string;
}

export const addValidate: AddCommand = (program, { terminal, ends }) => {
  program
    .command('validate')
    .description('check a configuration by the rules that the services run at start')
    .argument('<file>', 'a gatehouse.yaml, a file of manifests, a folder of them, or - for standard input')
    .option('--explain', 'also show every derived value, and why')
    .option(
      '--virtual-server <name>',
      'of several VirtualMCPServers the one to check, by name or namespace/name',
    )
    .action(async (file: string, { explain: withExplanation = false, virtualServer }: Flags) => {
      const { validate } = await import('../validate.js');
      const output = new Output(terminal.stdout, terminal.env);
      ends(validate(file, { withExplanation, virtualServer }, output));
    });
};
