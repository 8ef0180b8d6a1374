import { Injectable } from '@nestjs/common';
import { AccountStore } from '../accounts/account.store.js';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import { ConnectResponses } from './connect-responses.js';
import type { ConnectLink } from './connect-link.js';
import { ConnectLinks } from './connect-links.flow.js';
import { LinkForms } from './link-forms.js';
import { StartConnect } from './start-connect.flow.js';

/** The page behind the link of a client: asks first, and begins when the user has said yes. */
@Injectable()
export class OpenConnect {
  constructor(
    private readonly links: ConnectLinks,
    private readonly accounts: AccountStore,
    private readonly forms: LinkForms,
    private readonly responses: ConnectResponses,
    private readonly start: StartConnect,
  ) {}

  async page(exchange: Exchange, asked: ConnectLink): Promise<Shown> {
    const looked = await this.links.look(exchange, asked);
    if (looked.kind === 'shown') return looked.shown;
    const { provider, session, browser, form } = looked.link;
    const { csrf, setCookies } = this.forms.begin(form, exchange.request.headers.cookie);
    const view = {
      provider: provider.name,
      scopes: provider.scopes,
      backends: provider.backends,
      clientName: browser === undefined ? undefined : session?.clientName,
      signedInAs: browser === undefined ? undefined : await this.accounts.nameOf(browser.accountId),
      csrf,
    };
    return this.responses.ask(view, asked, setCookies);
  }

  async begin(exchange: Exchange, asked: ConnectLink, answer: ReadonlyMap<string, string>): Promise<Shown> {
    const looked = await this.links.look(exchange, asked);
    if (looked.kind === 'shown') return looked.shown;
    const { provider, session, browser, form } = looked.link;
    const cookieHeader = exchange.request.headers.cookie;
    this.forms.check(form, cookieHeader, answer);
    if (answer.get('decision') !== 'continue') return this.responses.nothingConnected();
    const expected = session?.accountId ?? browser?.accountId;
    return await this.start.connect({
      provider: provider.name,
      cookieHeader,
      ...(expected === undefined ? {} : { expectedAccountId: expected }),
      ...(browser === undefined ? {} : { signedInAs: browser.accountId }),
    });
  }
}
