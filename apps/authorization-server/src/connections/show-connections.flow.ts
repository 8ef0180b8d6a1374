import { Injectable } from '@nestjs/common';
import { AccountStore } from '../accounts/account.store.js';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import { BrowserSessions } from '../oauth-endpoints/browser-sessions.flow.js';
import { SessionStore } from '../sessions/session.store.js';
import { Vault } from '../vault/vault.client.js';
import { ConnectionsResponses } from './connections-responses.js';

/** What a signed-in user sees on the connections page. */
@Injectable()
export class ShowConnections {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly accounts: AccountStore,
    private readonly sessions: SessionStore,
    private readonly vault: Vault,
    private readonly responses: ConnectionsResponses,
  ) {}

  async show(exchange: Exchange): Promise<Shown> {
    const browser = await this.browsers.current(exchange);
    if (browser === undefined) return this.responses.signedOut();
    const { accountId } = browser;
    const [accountName, sessions, connections] = await Promise.all([
      this.accounts.nameOf(accountId),
      this.sessions.listOpen(accountId),
      this.vault.connections(accountId),
    ]);
    return this.responses.list(browser, { accountName, sessions, connections });
  }
}
