import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { CsrfTokens } from '../http/csrf.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import type { BrowserSession } from '../oauth-endpoints/browser-sessions.flow.js';
import { confirmLogoutPage, signedOutPage } from './logout-pages.js';
import type { WantedLogout } from './logout-tickets.js';

export interface Question {
  readonly browser: BrowserSession;
  readonly accountName: string;
  readonly ticket: string;
  readonly logout: WantedLogout;
  readonly endsSession: boolean;
}

/** Every response of a logout, and its form. */
export class LogoutResponses {
  constructor(
    private readonly csrf: CsrfTokens,
    private readonly urls: IssuerUrls,
    private readonly config: Pick<AuthorizationServerPart, 'insecureAllowHttp'>,
  ) {}

  toQuestion(ticket: string): Shown {
    return { kind: 'redirect', status: 303, location: this.urls.url(`/sign-out?for=${ticket}`) };
  }

  ask({ browser, ticket, ...question }: Question): Shown {
    const { redirectUri } = question.logout;
    const page = confirmLogoutPage({
      ...question,
      ticket,
      csrf: this.csrf.tokenFor(boundTo(browser, ticket)),
      action: this.urls.path('/sign-out'),
      site: this.urls.site,
    });
    const targets = { insecureHttp: this.config.insecureAllowHttp };
    return {
      kind: 'page',
      page,
      targets: redirectUri === undefined ? targets : { ...targets, redirectUri },
    };
  }

  /** @throws {GatehouseError} `not_allowed`: another site sent the form, or somebody else is signed in by now. */
  check(browser: BrowserSession, ticket: string, form: ReadonlyMap<string, string>): void {
    this.csrf.check(boundTo(browser, ticket), form);
  }

  /** Section 3: to the registered URI, with `state`. */
  over({ redirectUri, state }: WantedLogout): Shown {
    if (redirectUri === undefined) return { kind: 'page', page: signedOutPage(this.urls.site) };
    if (state === undefined) return { kind: 'redirect', status: 303, location: redirectUri };
    const separator = redirectUri.includes('?') ? '&' : '?';
    const query = new URLSearchParams({ state }).toString();
    return { kind: 'redirect', status: 303, location: `${redirectUri}${separator}${query}` };
  }

  /**
   * Nobody is signed in here, so that nobody can be asked. Whoever shows an identity token of the client is the client; others could
   * use this address to send people wherever they registered.
   */
  nobody(logout: WantedLogout): Shown {
    return this.over(logout.accountId === undefined ? {} : logout);
  }

  stay(): Shown {
    return { kind: 'redirect', status: 303, location: this.urls.path('/connections') };
  }
}

/** To the browser, and to what was asked. */
const boundTo = ({ uid }: BrowserSession, ticket: string): string => `sign-out ${uid} ${ticket}`;
