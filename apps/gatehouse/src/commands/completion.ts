import { Argument } from 'commander';
import type { Shell } from '../completion/shells.js';
import type { AddCommand } from './command.js';

export const addCompletion: AddCommand = (program, { terminal }) => {
  program
    .command('completion')
    .description('print what completes these commands in a shell: source <(gatehouse completion bash)')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish'] satisfies Shell[]))
    .action(async (shell: Shell) => {
      const [{ completionScript }, { completionTable }] = await Promise.all([
        import('../completion/shells.js'),
        import('../completion/completion-table.js'),
      ]);
      terminal.stdout.write(completionScript(shell, completionTable(program)));
    });
};
