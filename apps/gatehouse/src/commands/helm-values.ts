import type { AddCommand } from './command.js';

interface Flags {
  readonly secretPrefix: string;
}

export const addHelmValues: AddCommand = (program, { terminal }) => {
  program
    .command('helm-values')
    .description('print values for the Helm chart: the configuration, and which Secret each service gets')
    .argument('<file>', 'a gatehouse.yaml, or - for standard input')
    .option(
      '--secret-prefix <name>',
      'of the Secrets for what is no secretRef: <name>-<service>',
      'gatehouse',
    )
    .action(async (file: string, { secretPrefix }: Flags) => {
      const { helmValues } = await import('../helm/helm-values.js');
      terminal.stdout.write(helmValues(file, secretPrefix));
    });
};
