import { Option } from 'commander';
import { DEFAULT_PORT_BASE } from '@gatehouse/kernel/default-ports';
import type { Scope } from '../clients/client-files.js';
import { Output } from '../output.js';
import type { AddCommand } from './command.js';

interface Flags {
  readonly scope: Scope;
  readonly name: string;
  readonly url: string;
  readonly print?: boolean;
  readonly remove?: boolean;
  readonly json?: boolean;
}

export const addClientCommands: AddCommand = (program, { terminal, ends }) => {
  const client = program
    .command('client')
    .description('clients on this machine: write the gateway into their files');
  client
    .command('add')
    .description('write the gateway into a client’s own file; what else is in it stays')
    .argument('<client>', 'claude, codex, vscode, cursor or gemini')
    .option('--url <url>', 'MCP endpoint of the gateway', `http://localhost:${DEFAULT_PORT_BASE}/mcp`)
    .option('--name <name>', 'what the client calls it', 'gatehouse')
    .addOption(
      new Option('--scope <scope>', 'for everybody in this folder, or for this user')
        .choices(['project', 'user'])
        .default('project'),
    )
    .option('--print', 'print the entry, and write nothing')
    .option('--remove', 'take the gateway out')
    .addOption(
      new Option('--json', 'say as JSON which file has which entry now, and what to do next').conflicts(
        'print',
      ),
    )
    .action(async (name: string, { print = false, remove = false, json = false, ...flags }: Flags) => {
      const { addClient } = await import('../clients/add-client.js');
      const output = new Output(terminal.stdout, terminal.env);
      ends(addClient({ client: name, print, remove, json, ...flags }, output));
    });
};
