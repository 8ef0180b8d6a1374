import { randomToken } from '@gatehouse/kernel/ids';
import { cookieName, readCookie, setCookie } from '../http/cookies.js';
import type { CsrfTokens } from '../http/csrf.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import { VERIFICATION_PATH } from '../oauth-endpoints/device-settings.js';
import type { FormFacts } from '../pages/form-facts.js';

const COOKIE = 'gh-device';
/** As long as somebody looks at the page. */
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
    const known = this.#shown(cookieHeader);
    const value = known ?? randomToken(16);
    return {
      facts: {
        csrf: this.csrf.tokenFor(boundTo(value)),
        action: this.urls.path(VERIFICATION_PATH),
        site: this.urls.site,
      },
      setCookies:
        known === undefined
          ? [setCookie(this.#name, value, { secure: this.urls.isHttps, maxAgeSeconds: LIFETIME_SECONDS })]
          : [],
    };
  }

  /** @throws {GatehouseError} `not_allowed` */
  check(cookieHeader: string | undefined, form: ReadonlyMap<string, string>): void {
    // A browser without the cookie was shown no form: no token fits.
    this.csrf.check(boundTo(this.#shown(cookieHeader) ?? randomToken(16)), form);
  }

  #shown(cookieHeader: string | undefined): string | undefined {
    const value = readCookie(cookieHeader, this.#name);
    return value === '' ? undefined : value;
  }

  get #name(): string {
    return cookieName(COOKIE, this.urls.isHttps);
  }
}

const boundTo = (value: string): string => `device ${value}`;
