import { Inject, Injectable } from '@nestjs/common';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { AccountId } from '@gatehouse/kernel/ids';
import { Provider } from 'oidc-provider';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Exchange } from '../http/exchange.js';
import { cookieName, removeCookie } from '../http/cookies.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { DEVICE_COOKIE } from './device-settings.js';
import { asSeenByProvider } from './node-exchange.js';

/** The account of a browser, by the signed cookie that authorization requests use as well. It opens our own pages only. */
export interface BrowserSession {
  readonly accountId: AccountId;
  /** Names the session where its cookie must not be written. It does not change. */
  readonly uid: string;
}

/** As the primary provider said it. */
interface SignInProof {
  readonly loginTs?: number | undefined;
  readonly acr?: string | undefined;
  readonly amr?: string[] | undefined;
}

@Injectable()
export class BrowserSessions {
  constructor(
    private readonly provider: Provider,
    private readonly urls: IssuerUrls,
    private readonly attempts: AttemptCookies,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async current(exchange: Exchange): Promise<BrowserSession | undefined> {
    const session = await this.provider.Session.get(this.#context(exchange));
    if (session.accountId === undefined) return undefined;
    return { accountId: session.accountId as AccountId, uid: session.uid }; // accounts are ours alone
  }

  /**
   * Makes a new session with a new cookie, whatever the browser had before (no session fixation). Of the same person it stays the
   * same one, and gets a new cookie with a later proof.
   * @param proof when and how the person proved who they are; left out: now
   */
  async signIn(exchange: Exchange, accountId: AccountId, proof: SignInProof = {}): Promise<void> {
    const context = this.#context(exchange);
    const before = await this.provider.Session.get(context);
    const isOwn = before.accountId === accountId;
    if (isOwn && (proof.loginTs ?? 0) <= (before.loginTs ?? 0)) return;
    if (before.accountId !== undefined && !isOwn) await before.destroy();
    const ttlMs = this.config.tokenLifespans.refreshTokenLifespanMs;
    const session = isOwn ? before : new this.provider.Session();
    if (isOwn) session.resetIdentifier();
    session.loginAccount({ accountId, ...proof });
    await session.save(Math.round(ttlMs / SECOND_MS));
    const name = this.provider.cookieName('session');
    context.cookies.set(name, session.jti, {
      httpOnly: true,
      sameSite: 'lax',
      maxAge: ttlMs,
      overwrite: true,
    });
  }

  /** Whoever uses the browser next goes on with nothing that its person has begun. */
  async signOut(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const context = this.#context(exchange);
    const session = await this.provider.Session.get(context);
    if (session.accountId !== undefined) await session.destroy();
    context.cookies.set(this.provider.cookieName('session'), null, {
      httpOnly: true,
      sameSite: 'lax',
      overwrite: true,
    });
    const { isHttps } = this.urls;
    for (const line of [
      ...this.attempts.removeAll(request.headers.cookie),
      removeCookie(cookieName(DEVICE_COOKIE, isHttps), isHttps),
    ])
      response.appendHeader('set-cookie', line);
  }

  #context({ request, response }: Exchange) {
    return this.provider.createContext(asSeenByProvider(request, this.urls, { route: '/' }), response);
  }
}
