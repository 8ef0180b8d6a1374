import type { ConnectState } from '../attempts/attempt.js';
import type { StoredAttempt } from '../attempts/attempt.store.js';
import type { CsrfTokens } from '../http/csrf.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import type { FormFacts } from '../pages/form-facts.js';

type Attempt = StoredAttempt<ConnectState>;

/** The forms of a visit of the connect page that has begun. */
export class ConnectForms {
  constructor(
    private readonly csrf: CsrfTokens,
    private readonly urls: IssuerUrls,
  ) {}

  facts(attempt: Attempt): FormFacts {
    return {
      csrf: this.csrf.tokenFor(boundTo(attempt)),
      action: this.address(attempt),
      site: this.urls.site,
    };
  }

  /** @throws {GatehouseError} `not_allowed` */
  check(attempt: Attempt, form: ReadonlyMap<string, string>): void {
    this.csrf.check(boundTo(attempt), form);
  }

  address({ id }: Pick<Attempt, 'id'>): string {
    return this.urls.path(`/connect/attempt/${id}`);
  }
}

/** The attempt's cookie was checked when it was loaded. */
const boundTo = ({ id, state }: Attempt): string => `connect ${id} ${state.browserBinding ?? ''}`;
