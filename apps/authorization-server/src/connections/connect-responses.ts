import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { UserSecretView } from '@gatehouse/config/user-secret-parts';
import type { ConnectState, Refused } from '../attempts/attempt.js';
import type { StoredAttempt } from '../attempts/attempt.store.js';
import { failurePage } from '../attempts/failure-page.js';
import { refusedPage } from '../attempts/refused-page.js';
import { waitPage } from '../attempts/wait-page.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import { html, t } from '../pages/html.js';
import type { ConnectForms } from './connect-forms.js';
import type { ConnectLink } from './connect-link.js';
import {
  connectedPage,
  connectPage,
  linkEndedPage,
  noAccountPage,
  nothingConnectedPage,
  wrongAccountPage,
  type ConnectView,
} from './connect-pages.js';
import { signInForSecretPage } from './user-secret-items.js';
import type { ConnectStep } from './connect-step.js';
import type { Site } from '../pages/site.js';

/** How a visit ends that cannot go on. */
export const CONNECT_ENDS = ['no-account', 'wrong-account'] as const;
export type ConnectEnd = (typeof CONNECT_ENDS)[number];

type Attempt = StoredAttempt<ConnectState>;

/** Every response of the connect page. */
export class ConnectResponses {
  constructor(
    private readonly forms: ConnectForms,
    private readonly urls: IssuerUrls,
    private readonly config: Pick<
      AuthorizationServerPart,
      'insecureAllowHttp' | 'access' | 'primaryUpstreamProvider'
    >,
  ) {}

  get #site(): Site {
    return this.urls.site;
  }

  /** @param link whose page this is. */
  ask(
    view: Omit<ConnectView, 'action' | 'site'>,
    { provider, tsid }: ConnectLink,
    setCookies: readonly string[],
  ): Shown {
    const action = this.#address(provider, tsid);
    return {
      kind: 'page',
      page: connectPage({ ...view, action, site: this.#site }),
      setCookies,
      targets: { insecureHttp: this.config.insecureAllowHttp },
    };
  }

  failure(attempt: Attempt, { provider, reason }: Extract<ConnectStep, { kind: 'refuse' }>): Shown {
    const page = failurePage({
      ...this.forms.facts(attempt),
      provider,
      reason,
      reference: attempt.id,
      optional: false,
      connected: [],
      backends: [],
    });
    return { kind: 'page', page, targets: { insecureHttp: this.config.insecureAllowHttp } };
  }

  /** The attempt is gone, so that its page is shown once. */
  refused(refused: Refused): Shown {
    const signIn = this.urls.path('/connections/sign-in');
    const page = refusedPage({
      ...refused,
      provider: this.config.primaryUpstreamProvider,
      contact: this.config.access?.contact,
      site: this.#site,
      actions: html`<p class="actions">
        <a class="button main" href="${signIn}">${t`Sign in as somebody else`}</a>
      </p>`,
    });
    return { kind: 'page', status: 403, page };
  }

  wait(attempt: Attempt, provider: string): Shown {
    return { kind: 'page', page: waitPage(provider, this.forms.facts(attempt)) };
  }

  connected(provider: string): Shown {
    return { kind: 'page', page: connectedPage(provider, this.#site) };
  }

  nothingConnected(): Shown {
    return { kind: 'page', page: nothingConnectedPage(this.#site) };
  }

  noAccount(): Shown {
    return { kind: 'page', page: noAccountPage(this.#site) };
  }

  wrongAccount(): Shown {
    const signInAgain = this.urls.path('/connections/sign-in');
    return { kind: 'page', status: 403, page: wrongAccountPage(this.#site, signInAgain) };
  }

  linkEnded(): Shown {
    return { kind: 'page', status: 404, page: linkEndedPage(this.#site) };
  }

  /** To a page of its own, because the attempt is gone: it can be reloaded. */
  toEnd(how: ConnectEnd): Shown {
    return { kind: 'redirect', status: 303, location: this.urls.path(`/connect/ended/${how}`) };
  }

  end(how: ConnectEnd): Shown {
    return how === 'no-account' ? this.noAccount() : this.wrongAccount();
  }

  /** To the page of the attempt, which says what is next. */
  toAttempt(attempt: Pick<Attempt, 'id'>): Shown & { readonly kind: 'redirect' } {
    return { kind: 'redirect', status: 303, location: this.forms.address(attempt) };
  }

  /** @param link whose page this is. */
  signInFor(
    { label, backends }: UserSecretView,
    csrf: string,
    { provider, tsid }: ConnectLink,
    setCookies: readonly string[],
  ): Shown {
    const action = this.#address(provider, tsid);
    const view = { label, backends, csrf, action, site: this.#site };
    return {
      kind: 'page',
      page: signInForSecretPage(view),
      setCookies,
      targets: { insecureHttp: this.config.insecureAllowHttp },
    };
  }

  /** To its place on the connections page. */
  toSecret({ name }: UserSecretView): Shown {
    return { kind: 'redirect', status: 303, location: this.urls.path(`/connections#${name}`) };
  }

  #address(provider: string, tsid: string | undefined): string {
    const query = tsid === undefined ? '' : `?session=${encodeURIComponent(tsid)}`;
    return this.urls.path(`/connect/${provider}${query}`);
  }

  toConnections(): Shown {
    return { kind: 'redirect', status: 303, location: this.urls.path('/connections') };
  }
}
