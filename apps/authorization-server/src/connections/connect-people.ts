import { Injectable } from '@nestjs/common';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { randomToken } from '@gatehouse/kernel/ids';
import { AccountStore } from '../accounts/account.store.js';
import { CsrfTokens } from '../http/csrf.js';
import { cookieName, readCookie, setCookie } from '../http/cookies.js';
import { IssuerUrls } from '../http/issuer-urls.js';

const NAME = 'gh-connect';
const VALUE = /^[A-Za-z0-9_-]{43}$/;
const LIFETIME_SECONDS = (30 * MINUTE_MS) / SECOND_MS;

/** What a page needs for its form to be taken. */
export interface ConnectForm {
  readonly csrf: string;
  readonly setCookies: readonly string[];
}

/**
 * Names and form tokens of the people on the connect page. The link to it says nothing of the browser that opens it, and
 * nobody may be signed in there, so the form is bound to a cookie that comes with the page.
 */
@Injectable()
export class ConnectPeople {
  readonly #cookie: string;

  constructor(
    private readonly accounts: AccountStore,
    private readonly csrf: CsrfTokens,
    private readonly urls: IssuerUrls,
  ) {
    this.#cookie = cookieName(NAME, urls.isHttps);
  }

  async nameOf(accountId: string): Promise<string> {
    const account = await this.accounts.find(accountId);
    return account?.name ?? account?.email ?? accountId;
  }

  /** One cookie for all tabs of a browser. */
  formFor(link: string, cookieHeader: string | undefined): ConnectForm {
    const browser = this.#browser(cookieHeader) ?? randomToken();
    const options = { secure: this.urls.isHttps, maxAgeSeconds: LIFETIME_SECONDS };
    return {
      csrf: this.csrf.tokenFor(`${link} ${browser}`),
      setCookies: [setCookie(this.#cookie, browser, options)],
    };
  }

  /** @throws {GatehouseError} `not_allowed` when the form is of another link, or was shown in another browser. */
  checkForm(link: string, cookieHeader: string | undefined, form: ReadonlyMap<string, string>): void {
    this.csrf.check(`${link} ${this.#browser(cookieHeader) ?? ''}`, form);
  }

  #browser(cookieHeader: string | undefined): string | undefined {
    const shown = readCookie(cookieHeader, this.#cookie);
    return shown !== undefined && VALUE.test(shown) ? shown : undefined;
  }
}
