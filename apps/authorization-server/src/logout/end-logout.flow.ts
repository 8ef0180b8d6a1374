import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import type { Exchange } from '../http/exchange.js';
import { BrowserSessions, type BrowserSession } from '../oauth-endpoints/browser-sessions.flow.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { SessionStore } from '../sessions/session.store.js';
import { sidOf } from '../sessions/sid.js';
import type { WantedLogout } from './logout-tickets.js';

/** Ends what a logout is about: the session that the client's identity token names, and the browser's own. */
@Injectable()
export class EndLogout {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly sessions: SessionStore,
    private readonly closing: CloseSession,
    private readonly log: Log,
  ) {}

  /** The identity token may be somebody else's, who was signed in here before. Their session is left alone. */
  async sessionOf(
    { accountId }: BrowserSession,
    { clientId, sid, accountId: ofHint }: WantedLogout,
  ): Promise<string | undefined> {
    if (clientId === undefined || sid === undefined || ofHint !== accountId) return undefined;
    const open = await this.sessions.openAt(accountId, clientId);
    return open.find((tsid) => sidOf(tsid) === sid);
  }

  async end(exchange: Exchange, browser: BrowserSession, logout: WantedLogout): Promise<void> {
    const tsid = await this.sessionOf(browser, logout);
    if (tsid !== undefined) await this.closing.close(tsid, 'signed_out', browser.accountId);
    await this.browsers.signOut(exchange);
    this.log.info('browser-signed-out', { accountId: browser.accountId, clientId: logout.clientId });
  }
}
