import { Inject, Injectable } from '@nestjs/common';
import { sessionId } from '@gatehouse/contracts/fields';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import { BrowserSessions, type BrowserSession } from '../oauth-endpoints/browser-sessions.flow.js';
import { SessionStore, type OpenSession } from '../sessions/session.store.js';
import { ConnectResponses } from './connect-responses.js';
import type { ConnectLink } from './connect-link.js';

/** A link that this browser may follow. */
interface OwnedLink {
  readonly session: OpenSession | undefined;
  readonly browser: BrowserSession | undefined;
  /** What a form of its page is for. */
  readonly form: string;
}

interface ReadyLink extends OwnedLink {
  readonly provider: AuthorizationServerPart['upstreamProviders'][number];
}

type Looked<Link> =
  { readonly kind: 'ready'; readonly link: Link } | { readonly kind: 'shown'; readonly shown: Shown };

/** Whom a client's link is for, and whether this browser is theirs. Both are settled before anything is begun. */
@Injectable()
export class ConnectLinks {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly sessions: SessionStore,
    private readonly responses: ConnectResponses,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'upstreamProviders'>,
  ) {}

  /** @returns what is shown instead, when the link leads nowhere. */
  async look(exchange: Exchange, asked: ConnectLink): Promise<Looked<ReadyLink>> {
    const provider = this.config.upstreamProviders.find(({ name }) => name === asked.provider);
    if (provider === undefined) return { kind: 'shown', shown: this.responses.linkEnded() };
    const whose = await this.whose(exchange, asked);
    return whose.kind === 'shown' ? whose : { kind: 'ready', link: { ...whose.link, provider } };
  }

  /** The same of a link to what is there. */
  async whose(exchange: Exchange, { provider: name, tsid }: ConnectLink): Promise<Looked<OwnedLink>> {
    const session = await this.#session(tsid);
    if (tsid !== undefined && session === undefined)
      return { kind: 'shown', shown: this.responses.linkEnded() };
    const browser = await this.browsers.current(exchange);
    // Neither the link nor the browser names an account.
    if (browser === undefined && session === undefined)
      return { kind: 'shown', shown: this.responses.toConnections() };
    if (browser !== undefined && session !== undefined && browser.accountId !== session.accountId)
      return { kind: 'shown', shown: this.responses.wrongAccount() };
    const form = `connect ${name} ${tsid ?? ''} ${browser?.uid ?? ''}`;
    return { kind: 'ready', link: { session, browser, form } };
  }

  async #session(tsid: string | undefined): Promise<OpenSession | undefined> {
    const parsed = sessionId.safeParse(tsid);
    return parsed.success ? await this.sessions.findOpen(parsed.data) : undefined;
  }
}
