import { Injectable } from '@nestjs/common';
import { AdministeredAccounts } from './administered-accounts.store.js';
import { AdministeredConnections } from './administered-connections.flow.js';
import { AdministeredSessions } from './administered-sessions.store.js';
import { DeleteAccount } from './delete-account.flow.js';
import type { Handlers } from './operations.js';
import { answer, DONE, doneIf, page, UNKNOWN } from './results.js';

type OfAccounts =
  | `${'list' | 'read' | 'end'}Connection${'s' | ''}`
  | `${'list' | 'read' | 'delete' | 'export'}Account${'s' | ''}`;

/** What an administrator asks for about a person, and what the person is connected to. */
@Injectable()
export class AccountActs {
  constructor(
    private readonly accounts: AdministeredAccounts,
    private readonly sessions: AdministeredSessions,
    private readonly connections: AdministeredConnections,
    private readonly deletion: DeleteAccount,
  ) {}

  readonly handlers: Pick<Handlers, Extract<keyof Handlers, OfAccounts>> = {
    listAccounts: async ({ limit, after }) =>
      page(await this.accounts.list(limit, after), limit, ({ account }) => account),
    readAccount: async ({ account }) => answer(await this.accounts.find(account)),
    deleteAccount: async ({ account }) => doneIf(await this.deletion.run(account)),
    exportAccount: async ({ account: id }) => {
      const account = await this.accounts.find(id);
      if (account === undefined) return UNKNOWN;
      const [identities, approvals, sessions, connections] = await Promise.all([
        this.accounts.identities(id),
        this.accounts.approvals(id),
        this.sessions.ofAccount(id),
        this.connections.list(id),
      ]);
      return answer({ account, identities, approvals, sessions, connections });
    },
    listConnections: async ({ account }) =>
      (await this.accounts.find(account)) === undefined
        ? UNKNOWN
        : answer({ items: await this.connections.list(account) }),
    readConnection: async ({ account, provider }) => answer(await this.connections.find(account, provider)),
    endConnection: async ({ account, provider }) => {
      if ((await this.connections.find(account, provider)) === undefined) return UNKNOWN;
      await this.connections.end(account, provider);
      return DONE;
    },
  };
}
