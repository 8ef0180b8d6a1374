import type { Command } from 'commander';
import type { Terminal } from '../terminal.js';

/** What a command has beside its own options. */
interface CommandContext {
  readonly terminal: Terminal;
  /** Says with which exit code the command ended; without a word it is 0. */
  readonly ends: (code: number) => void;
}

/** Adds one command to the program. What the command does is loaded when it runs, so that the small ones answer at once. */
export type AddCommand = (program: Command, context: CommandContext) => void;
