import type { SignInState } from '../attempts/attempt.js';
import type { StoredAttempt } from '../attempts/attempt.store.js';
import type { CsrfTokens } from '../http/csrf.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import type { FormFacts } from '../pages/form-facts.js';

/** The forms of a sign-in's pages: where they lead, and whether an answer comes from a page that this browser was shown. */
export class SignInForms {
  constructor(
    private readonly csrf: CsrfTokens,
    private readonly urls: IssuerUrls,
  ) {}

  /** @param shown fingerprint of what the form approves, if anything. */
  facts(uid: string, attempt: StoredAttempt<SignInState>, shown = ''): FormFacts {
    return {
      csrf: this.csrf.tokenFor(boundTo(attempt, shown)),
      action: this.address(uid),
      site: this.urls.site,
    };
  }

  /** @throws {GatehouseError} `not_allowed` */
  check(attempt: StoredAttempt<SignInState>, form: ReadonlyMap<string, string>): void {
    this.csrf.check(boundTo(attempt, form.get('shown') ?? ''), form);
  }

  address(uid: string): string {
    return this.urls.path(`/sign-in/${uid}`);
  }
}

/**
 * A form is bound to its browser, to the attempt that it was shown in, and to what was shown. So a page that was left open
 * does nothing after the person has chosen another account.
 */
const boundTo = ({ id, state }: StoredAttempt<SignInState>, shown: string): string =>
  `sign-in ${id} ${state.browserBinding ?? ''} ${shown}`;
