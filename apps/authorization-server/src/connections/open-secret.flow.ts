import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { UserSecretView } from '@gatehouse/config/user-secret-parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import { ConnectResponses } from './connect-responses.js';
import type { ConnectLink } from './connect-link.js';
import { ConnectLinks } from './connect-links.flow.js';
import { LinkForms } from './link-forms.js';
import { StartConnect } from './start-connect.flow.js';

/** A client's link to a secret that a person enters: leads to the connections page, of the right account. */
@Injectable()
export class OpenSecret {
  constructor(
    private readonly links: ConnectLinks,
    private readonly forms: LinkForms,
    private readonly responses: ConnectResponses,
    private readonly start: StartConnect,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'userSecrets'>,
  ) {}

  /** `undefined`: a provider has that name, or nothing has. */
  named(name: string): UserSecretView | undefined {
    return this.config.userSecrets.find((one) => one.name === name);
  }

  async page(exchange: Exchange, asked: ConnectLink, secret: UserSecretView): Promise<Shown> {
    const whose = await this.links.whose(exchange, asked);
    if (whose.kind === 'shown') return whose.shown;
    const { browser, form } = whose.link;
    if (browser !== undefined) return this.responses.toSecret(secret);
    const { csrf, setCookies } = this.forms.begin(form, exchange.request.headers.cookie);
    return this.responses.signInFor(secret, csrf, asked, setCookies);
  }

  async begin(
    exchange: Exchange,
    asked: ConnectLink,
    secret: UserSecretView,
    answer: ReadonlyMap<string, string>,
  ): Promise<Shown> {
    const whose = await this.links.whose(exchange, asked);
    if (whose.kind === 'shown') return whose.shown;
    const { session, browser, form } = whose.link;
    const cookieHeader = exchange.request.headers.cookie;
    this.forms.check(form, cookieHeader, answer);
    if (answer.get('decision') !== 'continue') return this.responses.nothingConnected();
    return browser === undefined
      ? await this.start.signIn(cookieHeader, session?.accountId)
      : this.responses.toSecret(secret);
  }
}
