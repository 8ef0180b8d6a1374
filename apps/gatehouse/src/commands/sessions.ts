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

export const addSessions: AddCommand = (program, { terminal, ends }) => {
  const output = new Output(terminal.stdout, terminal.env);
  const sessions = program
    .command('sessions')
    .description('who is signed in with which client; without a further word, the list');
  const list = withLimit(
    ofGateway(
      sessions
        .command('list', { isDefault: true })
        .description('list open sessions, the last used first; of a session its digest, never the session'),
    ),
  )
    .option('--account <who>', 'of one person: a name, a mail address or the id of the account')
    .action(async ({ json = false, ...flags }: LimitedFlags & ApiFlags & { readonly account?: string }) => {
      const access = apiAccess(flags);
      if (access !== undefined) {
        const { sessionsOverApi } = await import('../operate/over-api.js');
        ends(await sessionsOverApi({ json, ...flags, ...access }, terminal.env, output));
        return;
      }
      const { listSessions } = await import('../operate/sessions.js');
      ends(await listSessions({ json, ...flags }, terminal.env, output));
    });
  listsByItself(sessions, list);
  ofGateway(
    sessions
      .command('end')
      .description('end sessions: their tokens are refused, and nothing is given out for them any more')
      .argument('[session]', 'the first digits of its digest, as the list shows them'),
  )
    .option('--account <who>', 'all of one person')
    .action(
      async (
        session: string | undefined,
        { json = false, ...flags }: InstallationFlags & ApiFlags & { readonly account?: string },
      ) => {
        const named = session === undefined ? {} : { session };
        const access = apiAccess(flags);
        if (access !== undefined) {
          const { endSessionsOverApi } = await import('../operate/over-api.js');
          ends(await endSessionsOverApi({ json, ...named, ...flags, ...access }, terminal.env, output));
          return;
        }
        const { endSessions } = await import('../operate/sessions.js');
        ends(await endSessions({ json, ...named, ...flags }, terminal.env, output));
      },
    );
};
