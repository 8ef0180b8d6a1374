import { Inject, Injectable } from '@nestjs/common';
import { sessionId } from '@gatehouse/contracts/fields';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Shown } from '../http/shown.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { Exchange } from '../http/exchange.js';
import { BrowserSessions, type BrowserSession } from '../oauth-endpoints/browser-sessions.flow.js';
import { SessionStore, type OpenSession } from '../sessions/session.store.js';
import { connectPage, linkEndedPage, nothingConnectedPage, wrongAccountPage } from './connect-pages.js';
import { ConnectPeople } from './connect-people.js';
import { StartConnect } from './start-connect.flow.js';

export interface ConnectLink {
  readonly provider: string;
  /** The session whose client asked; absent on the way from the connections page. */
  readonly tsid: string | undefined;
}

type ProviderView = AuthorizationServerPart['upstreamProviders'][number];

type Looked =
  | { readonly kind: 'shown'; readonly shown: Shown }
  | {
      readonly kind: 'ready';
      readonly provider: ProviderView;
      readonly session: OpenSession | undefined;
      readonly browser: BrowserSession | undefined;
      /** What a form of this page is for. */
      readonly form: string;
    };

/** The link of a client: for whom it is, and whether this browser is theirs, is settled before anything is begun. */
@Injectable()
export class OpenConnect {
  readonly #basePath: string;

  constructor(
    private readonly browsers: BrowserSessions,
    private readonly sessions: SessionStore,
    private readonly people: ConnectPeople,
    private readonly start: StartConnect,
    private readonly urls: IssuerUrls,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {
    this.#basePath = urls.basePath;
  }

  async page(exchange: Exchange, link: ConnectLink): Promise<Shown> {
    const looked = await this.#look(exchange, link);
    if (looked.kind === 'shown') return looked.shown;
    const { provider, session, browser, form } = looked;
    const { csrf, setCookies } = this.people.formFor(form, exchange.request.headers.cookie);
    const page = connectPage({
      provider: provider.name,
      scopes: provider.scopes,
      backends: provider.backends,
      clientName: browser === undefined ? undefined : session?.clientName,
      signedInAs: browser === undefined ? undefined : await this.people.nameOf(browser.accountId),
      csrf,
      action: this.#address(link),
      basePath: this.#basePath,
    });
    return { kind: 'page', page, setCookies, targets: { insecureHttp: this.config.insecureAllowHttp } };
  }

  async begin(exchange: Exchange, link: ConnectLink, answer: ReadonlyMap<string, string>): Promise<Shown> {
    const looked = await this.#look(exchange, link);
    if (looked.kind === 'shown') return looked.shown;
    const { provider, session, browser, form } = looked;
    this.people.checkForm(form, exchange.request.headers.cookie, answer);
    if (answer.get('decision') !== 'continue')
      return { kind: 'page', page: nothingConnectedPage(this.#basePath) };
    const expected = session?.accountId ?? browser?.accountId;
    return await this.start.connect({
      provider: provider.name,
      cookieHeader: exchange.request.headers.cookie,
      ...(expected === undefined ? {} : { expectedAccountId: expected }),
      ...(browser === undefined ? {} : { signedInAs: browser.accountId }),
    });
  }

  async #look(exchange: Exchange, link: ConnectLink): Promise<Looked> {
    const provider = this.config.upstreamProviders.find(({ name }) => name === link.provider);
    const session = await this.#session(link.tsid);
    if (provider === undefined || (link.tsid !== undefined && session === undefined))
      return { kind: 'shown', shown: { kind: 'page', status: 404, page: linkEndedPage(this.#basePath) } };
    const browser = await this.browsers.current(exchange);
    // Neither a link nor a signed-in browser says for whom it would be.
    if (browser === undefined && session === undefined)
      return {
        kind: 'shown',
        shown: { kind: 'redirect', status: 303, location: this.urls.path('/connections') },
      };
    if (browser !== undefined && session !== undefined && browser.accountId !== session.accountId) {
      const page = wrongAccountPage(this.#basePath, this.urls.path('/connections/sign-in'));
      return { kind: 'shown', shown: { kind: 'page', status: 403, page } };
    }
    return {
      kind: 'ready',
      provider,
      session,
      browser,
      form: `connect ${provider.name} ${link.tsid ?? ''} ${browser?.uid ?? ''}`,
    };
  }

  async #session(tsid: string | undefined): Promise<OpenSession | undefined> {
    const parsed = sessionId.safeParse(tsid);
    return parsed.success ? await this.sessions.findOpen(parsed.data) : undefined;
  }

  #address({ provider, tsid }: ConnectLink): string {
    return this.urls.path(
      `/connect/${provider}${tsid === undefined ? '' : `?session=${encodeURIComponent(tsid)}`}`,
    );
  }
}
