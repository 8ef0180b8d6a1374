import { Cannot } from '../cannot.js';
import { Output } from '../output.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly explain?: boolean;
  readonly checkSecrets?: boolean;
  readonly online?: boolean;
  readonly virtualServer?: string;
  readonly json?: boolean;
}

export const addValidate: AddCommand = (program, { terminal, ends }) => {
  program
    .command('validate')
    .description('check a configuration by the rules that the services run at start')
    .argument('<file>', 'a gatehouse.yaml, a file of manifests, a folder of them, or - for standard input')
    .option('--check-secrets', 'also look whether each secret is there, and is what it must be')
    .option('--online', 'also do what `gatehouse doctor` does: ask everything that the gateway needs')
    .option('--explain', 'also show every derived value, and why')
    .option(
      '--virtual-server <name>',
      'of several VirtualMCPServers the one to check, by name or namespace/name',
    )
    .option('--json', 'one document: problems with path, line, column, message and rule')
    .action(async (file: string, flags: Flags) => {
      const {
        explain: withExplanation = false,
        checkSecrets = false,
        online = false,
        json = false,
        virtualServer,
      } = flags;
      if (online && file === '-')
        throw new Cannot('--online reads the configuration twice: name a file in the place of -.', 'usage');
      if (online && json)
        throw new Cannot(
          '--json says what is in the file. Ask the doctor for the rest: gatehouse doctor --json',
          'usage',
        );
      const { validate, validateAsJson } = await import('../validate.js');
      const output = new Output(terminal.stdout, terminal.env);
      const environment = checkSecrets ? terminal.env : undefined;
      const options = { withExplanation, virtualServer, environment, saysNext: !online };
      if (json) {
        ends(validateAsJson(file, options, terminal.stdout));
        return;
      }
      const code = validate(file, options, output);
      if (!online) {
        ends(code);
        return;
      }
      const { doctor } = await import('../doctor/doctor.js');
      ends(await doctor({ config: file, json: false, envFiles: [] }, terminal.env, output));
    });
};
