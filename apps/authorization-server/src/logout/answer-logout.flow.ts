import { Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { AccountStore } from '../accounts/account.store.js';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import { BrowserSessions } from '../oauth-endpoints/browser-sessions.flow.js';
import { EndLogout } from './end-logout.flow.js';
import { LogoutResponses } from './logout-responses.js';
import { LogoutTickets, type WantedLogout } from './logout-tickets.js';

/**
 * Asks the person whether they want to be signed out, and does what they say (OpenID Connect RP-Initiated Logout 1.0, sections 2 and
 * 6): whoever makes a link could sign everybody out otherwise.
 */
@Injectable()
export class AnswerLogout {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly accounts: AccountStore,
    private readonly tickets: LogoutTickets,
    private readonly responses: LogoutResponses,
    private readonly ending: EndLogout,
  ) {}

  async show(exchange: Exchange, ticket: string): Promise<Shown> {
    const logout = this.#opened(ticket);
    const browser = await this.browsers.current(exchange);
    if (browser === undefined) return this.responses.nobody(logout);
    return this.responses.ask({
      browser,
      ticket,
      logout,
      accountName: await this.accounts.nameOf(browser.accountId),
      endsSession: (await this.ending.sessionOf(browser, logout)) !== undefined,
    });
  }

  async answer(exchange: Exchange, form: ReadonlyMap<string, string>): Promise<Shown> {
    const ticket = form.get('for') ?? '';
    const logout = this.#opened(ticket);
    const browser = await this.browsers.current(exchange);
    // By the second of two clicks, or in another tab.
    if (browser === undefined) return this.responses.nobody(logout);
    this.responses.check(browser, ticket, form);
    switch (form.get('decision')) {
      case 'stay':
        return this.responses.stay();
      case 'leave':
        await this.ending.end(exchange, browser, logout);
        return this.responses.over(logout);
      default:
        throw new GatehouseError('request_invalid', 'no such decision');
    }
  }

  #opened(ticket: string): WantedLogout {
    const logout = this.tickets.open(ticket);
    if (logout === undefined)
      throw new GatehouseError('attempt_unknown', 'no ticket of a logout, or too old');
    return logout;
  }
}
