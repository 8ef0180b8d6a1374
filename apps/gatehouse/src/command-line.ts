import { Command, CommanderError } from 'commander';
import { Cannot, EXIT_CODES } from './cannot.js';
import { COMMANDS } from './commands/commands.js';
import type { Environment } from './configuration.js';
import { inertText } from './inert-text.js';
import { JsonReport, withOutput } from './json-failure.js';
import { IS_PACKAGE, PROGRAM } from './paths.js';
import { isSystemError, plainReason, reasonOf } from './reason.js';
import { asTyped } from './started-as.js';
import type { Terminal } from './terminal.js';

/** Runs one command. Each loads what it needs and no more, so that the small ones answer at once. @returns the exit code. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  const report = new JsonReport(args, terminal.stdout);
  const program = new Command('gatehouse')
    .description('An MCP gateway that signs the user in once and calls every backend as that user.')
    // Commands take over both when they are added.
    .exitOverride()
    .showHelpAfterError('Help: gatehouse --help')
    .configureOutput({
      writeOut: (text) => void report.stdout.write(text),
      writeErr: (text) => {
        said += text;
        terminal.stderr.write(inertText(text));
      },
    });
  let said = '';
  const ends = (endedWith: number): void => {
    code = endedWith;
  };
  for (const add of COMMANDS) add(program, { terminal: withOutput(terminal, report.stdout), ends });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // It has said what is wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0) report.failed(said, EXIT_CODES.usage);
      return error.exitCode === 0 ? 0 : EXIT_CODES.usage;
    }
    const { message, exitCode } = error instanceof Cannot ? error : unforeseen(error, terminal.env);
    const sentence = inertText(typed(message, program));
    terminal.stderr.write(`\n${sentence}\n`);
    report.failed(sentence, exitCode);
    return exitCode;
  }
}

/** What npx fetched is on nobody's PATH. In a checkout the short name stays: whoever works there knows. */
const typed = (message: string, { commands }: Command): string =>
  IS_PACKAGE
    ? asTyped(
        message,
        PROGRAM,
        commands.map((command) => command.name()),
      )
    : message;

/** One sentence also for what nobody has thought of. Its stack is for who looks for the fault. */
function unforeseen(error: unknown, environment: Environment): Cannot {
  if (environment['GATEHOUSE_STACK'] !== undefined) throw error;
  if (isSystemError(error)) {
    const where = error.path === undefined ? '' : ` (${error.path})`;
    const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
    return new Cannot(
      `The system refused${where}: ${plainReason(error)}. Mend that, then run the command again.`,
      isFull ? 'noOutput' : 'failed',
    );
  }
  return new Cannot(
    `A fault of Gatehouse itself: ${reasonOf(error)}. Run the command again with GATEHOUSE_STACK=1 to see where, and report it with what \`gatehouse version\` says.`,
  );
}
