import { Output } from '../output.js';
import type { AddCommand } from './command.js';
import type { LimitFlags } from '../operate/limit-words.js';
import {
  apiAccess,
  listsByItself,
  ofGateway,
  withLimit,
  type ApiFlags,
  type InstallationFlags,
  type LimitedFlags,
} from './installation-options.js';

export const addClients: AddCommand = (program, { terminal, ends }) => {
  const output = new Output(terminal.stdout, terminal.env);
  const clients = program
    .command('clients')
    .description('which clients the authorization server knows; without a further word, the list');
  const list = withLimit(
    ofGateway(
      clients
        .command('list', { isDefault: true })
        .description('list clients, the last used first: registered, configured, or known by a document'),
    ),
  ).action(async ({ json = false, ...flags }: LimitedFlags & ApiFlags) => {
    const access = apiAccess(flags);
    if (access !== undefined) {
      const { clientsOverApi } = await import('../operate/over-api.js');
      ends(await clientsOverApi({ json, ...flags, ...access }, terminal.env, output));
      return;
    }
    const { listClients } = await import('../operate/clients.js');
    ends(await listClients({ json, ...flags }, terminal.env, output));
  });
  listsByItself(clients, list);
  ofGateway(
    clients
      .command('remove')
      .description('forget a client: its registration, what people approved of it, and its sessions')
      .argument('<client>', 'its id; one that begins with a hyphen stands behind --'),
  ).action(async (client: string, { json = false, ...flags }: InstallationFlags & ApiFlags) => {
    const access = apiAccess(flags);
    if (access !== undefined) {
      const { removeClientOverApi } = await import('../operate/over-api.js');
      ends(await removeClientOverApi({ json, client, ...flags, ...access }, terminal.env, output));
      return;
    }
    const { removeClient } = await import('../operate/clients.js');
    ends(await removeClient({ client, json, ...flags }, terminal.env, output));
  });
  addLimits(clients, { terminal, ends });
};

const addLimits: AddCommand = (clients, { terminal, ends }) => {
  const output = new Output(terminal.stdout, terminal.env);
  ofGateway(
    clients
      .command('limits')
      .description('what a client gets at most; with further options, set it in place of what was set before')
      .argument('<client>', 'its id; one that begins with a hyphen stands behind --'),
  )
    .option('--resource <url...>', 'what its tokens may be for')
    .option('--scope <scope...>', 'what its tokens may hold')
    .option('--access-token-lifespan <duration>', 'how long its access tokens live, such as 5m')
    .option('--refresh-token-lifespan <duration>', 'how long its refresh tokens live, such as 8h')
    .option('--remove', 'take away what was set: it gets what every client may get')
    .action(async (client: string, { json = false, ...flags }: InstallationFlags & ApiFlags & LimitFlags) => {
      const { wishOf } = await import('../operate/limit-words.js');
      const wish = { client, json, ...wishOf(flags) };
      const access = apiAccess(flags);
      if (access !== undefined) {
        const { limitClientOverApi } = await import('../operate/limits-over-api.js');
        ends(await limitClientOverApi({ ...wish, ...access }, terminal.env, output));
        return;
      }
      const { limitClient } = await import('../operate/client-limits.js');
      const { config, state } = flags;
      const which = {
        ...(config === undefined ? {} : { config }),
        ...(state === undefined ? {} : { state }),
      };
      ends(await limitClient({ ...wish, ...which }, terminal.env, output));
    });
};
