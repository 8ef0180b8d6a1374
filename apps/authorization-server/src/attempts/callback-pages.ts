import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import { errorPage, errorStatus, type WayOn } from '../pages/error-page.js';
import { html, t, type Html } from '../pages/html.js';
import { layout } from '../pages/layout.js';
import { providerLabel } from '../pages/site.js';
import type { Arrival } from '../vault/vault.client.js';
import type { BegunHere } from './begun-here.js';

/** What a browser sees that came back from a provider. */
export class CallbackPages {
  constructor(
    private readonly urls: IssuerUrls,
    private readonly config: Pick<AuthorizationServerPart, 'upstreamProviders'>,
  ) {}

  /** The redirect takes the code out of the browser's history. The page of the attempt goes on. */
  toAttempt(at: BegunHere): Shown {
    return { kind: 'redirect', status: 303, location: this.#address(at) };
  }

  /** @param at where this browser can go on, if anywhere. The callback's own address must not stand in a page. */
  refused({ code, facts }: GatehouseError, reference: string, at?: BegunHere): Shown {
    const wayOn = at === undefined ? undefined : this.#wayOn(at);
    const page = errorPage(code, this.urls.site, wayOn, reference);
    return { kind: 'page', page, status: errorStatus(code, facts.owner) };
  }

  /**
   * A provider sent the browser here by itself: after an installation (GitHub's `setup_action`), or with an error and nothing
   * else. Without a `state` nothing says that this browser's person caused it. Its code could be somebody else's, whose
   * account would then be connected to this person (login CSRF, RFC 9700, section 4.7), so it is not redeemed.
   */
  unasked({ query, callback }: Arrival, at: BegunHere): Shown {
    const { site } = this.urls;
    const known = this.config.upstreamProviders.find(({ name }) => name === callback);
    const provider = known === undefined ? t`The provider` : providerLabel(site, known.name);
    const isSetUp = new URLSearchParams(query).has('setup_action');
    const title = isSetUp ? t`Go on after the set-up at ${provider}` : t`Your sign-in can go on`;
    const page = layout({
      title,
      site,
      page: 'unasked',
      body: html`<h1>${title}</h1>
        <p>
          ${isSetUp ? t`${provider} sent you here after a set-up there, without saying to which sign-in that belongs. To protect you, the gateway used nothing of it.` : t`${provider} sent you here without saying to which sign-in that belongs. To protect you, the gateway used nothing of it.`}
        </p>
        <p>${t`${this.#describe(at)} is still open in this browser, and nothing of it was lost.`}</p>
        <p class="actions"><a class="button main" href="${this.#address(at)}">${labelOf(at)}</a></p>`,
    });
    return { kind: 'page', page };
  }

  #wayOn(at: BegunHere): WayOn {
    const advice = t`${this.#describe(at)} is open in this browser, and can go on.`;
    return { href: this.#address(at), label: labelOf(at), advice };
  }

  #address(at: BegunHere): string {
    return this.urls.path(at.kind === 'sign-in' ? `/sign-in/${at.uid}` : `/connect/attempt/${at.id}`);
  }

  #describe(at: BegunHere): Html {
    switch (at.kind) {
      case 'sign-in':
        return at.clientName === undefined ? t`Your sign-in` : t`Your sign-in for “${at.clientName}”`;
      case 'connect':
        return at.provider === undefined
          ? t`Your sign-in`
          : t`Your visit to connect ${providerLabel(this.urls.site, at.provider)}`;
    }
  }
}

const labelOf = ({ kind }: BegunHere): Html =>
  kind === 'sign-in' ? t`Go on with the sign-in` : t`Go on connecting`;
