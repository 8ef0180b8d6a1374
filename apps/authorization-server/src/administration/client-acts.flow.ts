import { Injectable } from '@nestjs/common';
import { DeleteClient } from '../clients/delete-client.flow.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { AdministeredClients } from './administered-clients.store.js';
import { AdministeredSessions } from './administered-sessions.store.js';
import type { Handlers } from './operations.js';
import { answer, conflict, DONE, doneIf, page, UNKNOWN } from './results.js';

type OfClients =
  `${'list' | 'read' | 'end'}Session${'s' | ''}` | `${'list' | 'read' | 'delete'}Client${'s' | ''}`;

/** What an administrator asks for about clients, and about sessions at them. */
@Injectable()
export class ClientActs {
  constructor(
    private readonly sessions: AdministeredSessions,
    private readonly clients: AdministeredClients,
    private readonly closing: CloseSession,
    private readonly deletion: DeleteClient,
  ) {}

  readonly handlers: Pick<Handlers, Extract<keyof Handlers, OfClients>> = {
    listSessions: async ({ limit, after, account }) =>
      page(await this.sessions.list({ limit, after, account }), limit, ({ session }) => session),
    readSession: async ({ session }) => answer((await this.sessions.find(session))?.session),
    endSession: async ({ session }) => {
      const found = await this.sessions.find(session);
      return doneIf(found !== undefined && (await this.closing.close(found.tsid, 'revoked')));
    },
    listClients: async ({ limit, after }) =>
      page(await this.clients.list(limit, after), limit, ({ client }) => client),
    readClient: async ({ client }) => answer(await this.clients.find(client)),
    deleteClient: async ({ client }) => {
      if (this.clients.isConfigured(client))
        return conflict(
          'This client stands in the configuration. Take it out there, and restart the authorization server.',
        );
      if ((await this.clients.find(client)) === undefined) return UNKNOWN;
      await this.deletion.run(client, async (tx) => {
        await this.clients.forget(tx, client);
        return true;
      });
      return DONE;
    },
  };
}
