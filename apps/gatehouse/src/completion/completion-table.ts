import type { Command, Option } from 'commander';

/** What can be typed at one place. */
export interface CompletionPlace {
  /** The words of the command without the program: `audit verify`; empty at the beginning. */
  readonly at: string;
  readonly commands: readonly Described[];
  readonly options: readonly CompletionOption[];
  /** What an argument may be; empty: anything, such as a file. */
  readonly choices: readonly string[];
  readonly takesArgument: boolean;
}

interface Described {
  readonly name: string;
  readonly about: string;
}

interface CompletionOption extends Described {
  readonly takesValue: boolean;
  /** Empty: anything, such as a file. */
  readonly choices: readonly string[];
}

const HELP: CompletionOption = { name: '--help', about: 'what it does', takesValue: false, choices: [] };

/** Every place of the program, from the definitions by which it reads what is typed. */
export function completionTable(program: Command): readonly CompletionPlace[] {
  const places = (command: Command, at: readonly string[]): readonly CompletionPlace[] => [
    {
      at: at.join(' '),
      commands: command.commands.map((one) => ({ name: one.name(), about: one.description() })),
      options: [...optionsAt(command), HELP],
      choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
      takesArgument: command.registeredArguments.length > 0,
    },
    ...command.commands.flatMap((one) => places(one, [...at, one.name()])),
  ];
  return places(program, []);
}

/** A group that has a list lists without a further word, and takes its options. */
const optionsAt = (command: Command): readonly CompletionOption[] =>
  [command, ...command.commands.filter((one) => one.name() === 'list')].flatMap(({ options }) =>
    options.map(optionOf),
  );

const optionOf = ({
  long,
  flags,
  description,
  required,
  optional,
  argChoices,
}: Option): CompletionOption => ({
  name: long ?? flags,
  about: description,
  takesValue: required || optional,
  choices: argChoices ?? [],
});
