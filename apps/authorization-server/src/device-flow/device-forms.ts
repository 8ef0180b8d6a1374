import { randomToken } from '@gatehouse/kernel/ids';
import { cookieName, readCookie, setCookie } from '../http/cookies.js';
import type { CsrfTokens } from '../http/csrf.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import { DEVICE_COOKIE, VERIFICATION_PATH } from '../oauth-endpoints/device-settings.js';
import type { FormFacts } from '../pages/form-facts.js';

/** As long as somebody looks at the page: it begins anew each time the page is shown. */
const LIFETIME_SECONDS = 3_600;

export interface NewForm {
  readonly facts: FormFacts;
  readonly setCookies: readonly string[];
}

/** The form for a code. Nothing has begun yet, so that its own cookie says which browser was shown it. */
export class DeviceForms {
  constructor(
    private readonly csrf: CsrfTokens,
    private readonly urls: IssuerUrls,
  ) {}

  begin(cookieHeader: string | undefined): NewForm {
    const value = this.#shown(cookieHeader) ?? randomToken(16);
    return {
      facts: {
        csrf: this.csrf.tokenFor(boundTo(value)),
        action: this.urls.path(VERIFICATION_PATH),
        site: this.urls.site,
      },
      setCookies: [
        setCookie(this.#name, value, { secure: this.urls.isHttps, maxAgeSeconds: LIFETIME_SECONDS }),
      ],
    };
  }

  /**
   * @returns what names this browser, and nobody else knows
   * @throws {GatehouseError} `not_allowed`
   */
  check(cookieHeader: string | undefined, form: ReadonlyMap<string, string>): string {
    // A browser without the cookie was shown no form: no token fits.
    const browser = this.#shown(cookieHeader) ?? randomToken(16);
    this.csrf.check(boundTo(browser), form);
    return browser;
  }

  #shown(cookieHeader: string | undefined): string | undefined {
    const value = readCookie(cookieHeader, this.#name);
    return value === '' ? undefined : value;
  }

  get #name(): string {
    return cookieName(DEVICE_COOKIE, this.urls.isHttps);
  }
}

const boundTo = (value: string): string => `device ${value}`;
