import { SECOND_MS } from '@gatehouse/kernel/durations';
import { randomToken } from '@gatehouse/kernel/ids';
import { ATTEMPT_TTL_MS } from '../attempts/attempt.js';
import { cookieName, readCookie, setCookie } from '../http/cookies.js';
import type { CsrfTokens } from '../http/csrf.js';
import type { IssuerUrls } from '../http/issuer-urls.js';

const NAME = 'gh-connect';
const VALUE = /^[A-Za-z0-9_-]{43}$/;
const LIFETIME_SECONDS = ATTEMPT_TTL_MS / SECOND_MS;

/**
 * The form on the page behind a link to the connect page. The link says nothing of the browser that opens it, and nobody
 * may be signed in there. So the form is bound to a cookie that comes with the page.
 */
export class LinkForms {
  readonly #cookie: string;

  constructor(
    private readonly csrf: CsrfTokens,
    private readonly urls: IssuerUrls,
  ) {
    this.#cookie = cookieName(NAME, urls.isHttps);
  }

  /** One cookie for all tabs of a browser. */
  begin(link: string, cookieHeader: string | undefined): { csrf: string; setCookies: readonly string[] } {
    const browser = this.#browser(cookieHeader) ?? randomToken();
    const options = { secure: this.urls.isHttps, maxAgeSeconds: LIFETIME_SECONDS };
    return {
      csrf: this.csrf.tokenFor(`${link} ${browser}`),
      setCookies: [setCookie(this.#cookie, browser, options)],
    };
  }

  /** @throws {GatehouseError} `not_allowed` when the form is of another link, or was shown in another browser. */
  check(link: string, cookieHeader: string | undefined, form: ReadonlyMap<string, string>): void {
    this.csrf.check(`${link} ${this.#browser(cookieHeader) ?? ''}`, form);
  }

  #browser(cookieHeader: string | undefined): string | undefined {
    const shown = readCookie(cookieHeader, this.#cookie);
    return shown !== undefined && VALUE.test(shown) ? shown : undefined;
  }
}
