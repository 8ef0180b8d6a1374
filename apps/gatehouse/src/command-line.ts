import { Command, CommanderError } from 'commander';
import { Cannot, EXIT_CODES } from './cannot.js';
import { COMMANDS } from './commands/commands.js';
import type { Terminal } from './terminal.js';

/** Runs one command. Each loads what it needs and no more, so that the small ones answer at once. @returns the exit code. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  const program = new Command('gatehouse')
    .description('An MCP gateway that signs the user in once and calls every backend as that user.')
    // Commands take over both when they are added.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    });
  const ends = (endedWith: number): void => {
    code = endedWith;
  };
  for (const add of COMMANDS) add(program, { terminal, ends });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // It has said what is wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.usage;
    if (!(error instanceof Cannot)) throw error;
    terminal.stderr.write(`\n${error.message}\n`);
    return error.exitCode;
  }
}
