import { Output } from '../output.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly config: string;
  readonly json?: boolean;
  readonly envFile?: readonly string[];
}

export const addDoctor: AddCommand = (program, { terminal, ends }) => {
  program
    .command('doctor')
    .description(
      'look at providers, backends, bus, databases and public URLs, and say what is wrong, and how to mend it',
    )
    .requiredOption('--config <file>')
    .option(
      '--env-file <service=file...>',
      'the environment of a service, in lines NAME=value; without it, that of this command',
    )
    .option('--json', 'as JSON')
    .action(async ({ config, json = false, envFile = [] }: Flags) => {
      const { doctor } = await import('../doctor/doctor.js');
      ends(
        await doctor(
          { config, json, envFiles: envFile },
          terminal.env,
          new Output(terminal.stdout, terminal.env),
        ),
      );
    });
};
