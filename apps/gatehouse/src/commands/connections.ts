import { Output } from '../output.js';
import type { AddCommand } from './command.js';
import {
  apiAccess,
  listsByItself,
  ofGateway,
  withLimit,
  type ApiFlags,
  type InstallationFlags,
  type LimitedFlags,
} from './installation-options.js';

interface Filter {
  readonly account?: string;
  readonly provider?: string;
}

export const addConnections: AddCommand = (program, { terminal, ends }) => {
  const output = new Output(terminal.stdout, terminal.env);
  const connections = program
    .command('connections')
    .description('who is connected to which provider; without a further word, the list');
  const list = withLimit(
    ofGateway(
      connections
        .command('list', { isDefault: true })
        .description(
          'list connections, the newest first: state, end of the access token, scopes; never a token',
        ),
    ),
  )
    .option('--account <who>', 'of one person: a name, a mail address or the id of the account')
    .option('--provider <name>', 'of one provider')
    .action(async ({ json = false, ...flags }: LimitedFlags & ApiFlags & Filter) => {
      const access = apiAccess(flags);
      if (access !== undefined) {
        const { connectionsOverApi } = await import('../operate/over-api.js');
        ends(await connectionsOverApi({ json, ...flags, ...access }, terminal.env, output));
        return;
      }
      const { listConnections } = await import('../operate/connections.js');
      ends(await listConnections({ json, ...flags }, terminal.env, output));
    });
  listsByItself(connections, list);
  ofGateway(
    connections
      .command('revoke')
      .description(
        'let the token vault end connections, and revoke their tokens at the provider; needs what the authorization server has',
      )
      .argument('[connection]', 'its id, or the beginning of it'),
  )
    .option('--account <who>', 'those of one person')
    .option('--provider <name>', 'of these the one to this provider')
    .action(
      async (
        connection: string | undefined,
        { json = false, ...flags }: InstallationFlags & ApiFlags & Filter,
      ) => {
        const named = connection === undefined ? {} : { connection };
        const access = apiAccess(flags);
        if (access !== undefined) {
          const { revokeConnectionsOverApi } = await import('../operate/over-api.js');
          ends(await revokeConnectionsOverApi({ json, ...named, ...flags, ...access }, terminal.env, output));
          return;
        }
        const { revokeConnections } = await import('../operate/connections.js');
        ends(await revokeConnections({ json, ...named, ...flags }, terminal.env, output));
      },
    );
};
