import type { AddCommand } from './command.js';

export const addSchema: AddCommand = (program, { terminal }) => {
  program
    .command('schema')
    .description('print the JSON Schema of gatehouse.yaml, for completion in an editor')
    .action(async () => {
      const { schemaText } = await import('../schema.js');
      terminal.stdout.write(schemaText());
    });
};
