import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { AccountStore } from '../accounts/account.store.js';
import type { Refused } from '../attempts/attempt.js';
import { failurePage } from '../attempts/failure-page.js';
import { refusedPage } from '../attempts/refused-page.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { waitPage } from '../attempts/wait-page.js';
import { provenIdentities } from '../attempts/proven-identities.js';
import { administerPage } from '../consent/administer-page.js';
import { consentPage } from '../consent/consent-page.js';
import { continuePage } from '../consent/continue-page.js';
import type { FormTargets } from '../http/page-headers.js';
import type { Shown } from '../http/shown.js';
import { html, t, type Html } from '../pages/html.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';
import { ONWARD } from './onward.js';
import { onwardPage } from './onward-page.js';
import { isToAdminister, offeredProviders, otherBackends, partOf, scopedUses } from './approval-of.js';
import type { Step } from './next-step.js';
import { SignInForms } from './sign-in-forms.js';
import { knownPerson, type Situation } from './sign-in-steps.flow.js';

/** A step at which the user is asked something. */
export type Question = Extract<
  Step,
  { readonly kind: 'ask-approval' | 'confirm-client' | 'confirm-reuse' | 'refuse' }
>;

@Injectable()
export class SignInPages {
  constructor(
    private readonly accounts: AccountStore,
    private readonly forms: SignInForms,
    private readonly urls: IssuerUrls,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async ask(request: AuthorizationRequest, situation: Situation, question: Question): Promise<Shown> {
    return {
      kind: 'page',
      page: await this.#page(request, situation, question),
      targets: this.#targets(request),
    };
  }

  /** Somebody else may sign in from here. */
  refused(request: AuthorizationRequest, attempt: Situation['attempt'], refused: Refused): Shown {
    const { uid, client, userCode } = request;
    const { csrf, action, site } = this.forms.facts(uid, attempt);
    const page = refusedPage({
      ...refused,
      provider: this.config.primaryUpstreamProvider,
      contact: (isToAdminister(request, this.config) ? this.config.administration : this.config)?.access
        ?.contact,
      site,
      actions: html`<form method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <div class="actions stretch">
          <button class="main" name="decision" value="another">${t`Sign in as somebody else`}</button>
          <button name="decision" value="cancel">
            ${userCode === undefined ? t`Back to ${client.name}` : t`Cancel`}
          </button>
        </div>
      </form>`,
    });
    return {
      kind: 'page',
      status: 403,
      page,
      targets: this.#targets(request),
    };
  }

  /** A provider's answer is being checked for another request of this browser. */
  wait(uid: string, provider: string): Shown {
    const page = waitPage(provider, { action: this.forms.address(uid), site: this.urls.site });
    return { kind: 'page', page };
  }

  /** The browser goes on by itself, and has seen a page. */
  onward(uid: string, provider: string, done: number): Shown {
    const address = `${this.forms.address(uid)}?${ONWARD}=${done}`;
    const page = onwardPage({ provider, done, address, site: this.urls.site });
    return { kind: 'page', page, onwardTo: address };
  }

  async #page(
    request: AuthorizationRequest,
    { attempt, fingerprint }: Situation,
    question: Question,
  ): Promise<Html> {
    const { uid, client, redirectUri = '', userCode } = request;
    const destination = userCode === undefined ? { redirectUri } : { userCode };
    switch (question.kind) {
      case 'ask-approval':
        return (isToAdminister(request, this.config) ? administerPage : consentPage)({
          ...this.forms.facts(uid, attempt, fingerprint),
          shown: fingerprint,
          client,
          destination,
          part: partOf(request, this.config),
          providers: offeredProviders(request, this.config),
          others: otherBackends(request, this.config),
          scopedUses: scopedUses(request, this.config),
          signedInAs: await this.#nameOf(attempt),
        });
      case 'confirm-client':
      case 'confirm-reuse':
        return continuePage({
          ...this.forms.facts(uid, attempt),
          client,
          destination,
          accountName: (await this.#nameOf(attempt)) ?? t`yourself`,
          reused: question.kind === 'confirm-reuse',
        });
      case 'refuse':
        return failurePage({
          ...this.forms.facts(uid, attempt),
          provider: question.provider,
          reason: question.reason,
          reference: attempt.id,
          optional: question.optional,
          connected: provenIdentities(attempt.state.legs).map(({ provider }) => provider),
          backends:
            this.config.upstreamProviders.find(({ name }) => name === question.provider)?.backends ?? [],
        });
    }
  }

  /** A request for a device has no address of a client: its end is a page of ours. */
  #targets({ redirectUri }: AuthorizationRequest): FormTargets {
    const { insecureAllowHttp: insecureHttp } = this.config;
    return redirectUri === undefined ? { insecureHttp } : { redirectUri, insecureHttp };
  }

  async #nameOf({ state }: Situation['attempt']): Promise<string | undefined> {
    const person = knownPerson(state);
    return person === undefined ? undefined : await this.accounts.nameOf(person);
  }
}
