import { Inject, Injectable } from '@nestjs/common';
import { AccountStore } from '../accounts/account.store.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { consentPage } from '../consent/consent-page.js';
import { continuePage } from '../consent/continue-page.js';
import { CsrfTokens } from '../http/csrf.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import type { Html } from '../pages/html.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';
import { failurePage } from '../attempts/failure-page.js';
import { formOf, type Situation } from './sign-in-steps.flow.js';
import type { Step } from './next-step.js';

/** A step at which the user is asked something. */
export type Question = Extract<
  Step,
  { readonly kind: 'ask-approval' | 'confirm-client' | 'confirm-reuse' | 'refuse' }
>;

@Injectable()
export class SignInPages {
  constructor(
    private readonly accounts: AccountStore,
    private readonly csrf: CsrfTokens,
    private readonly urls: IssuerUrls,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async ask(request: AuthorizationRequest, situation: Situation, question: Question): Promise<Shown> {
    return {
      kind: 'page',
      page: await this.#page(request, situation, question),
      targets: { redirectUri: request.redirectUri, insecureHttp: this.config.insecureAllowHttp },
    };
  }

  async #page(
    request: AuthorizationRequest,
    { attempt, fingerprint }: Situation,
    question: Question,
  ): Promise<Html> {
    const common = {
      csrf: this.csrf.tokenFor(formOf(attempt)),
      action: this.urls.path(`/sign-in/${request.uid}`),
      basePath: this.urls.basePath,
    };
    const { client, redirectUri } = request;
    switch (question.kind) {
      case 'ask-approval': {
        const signedInAs = await this.#nameOf(situationPerson(attempt.state.person));
        return consentPage({
          ...common,
          csrf: this.csrf.tokenFor(formOf(attempt, fingerprint)),
          shown: fingerprint,
          client,
          redirectUri,
          providers: this.config.upstreamProviders,
          signedInAs,
        });
      }
      case 'confirm-client':
      case 'confirm-reuse': {
        const accountName = (await this.#nameOf(situationPerson(attempt.state.person))) ?? 'yourself';
        const reused = question.kind === 'confirm-reuse';
        return continuePage({ ...common, client, redirectUri, accountName, reused });
      }
      case 'refuse': {
        const { provider, reason, optional } = question;
        const connected = Object.entries(attempt.state.legs).flatMap(([name, { kind }]) =>
          kind === 'done' ? [name] : [],
        );
        const backends = this.config.upstreamProviders.find(({ name }) => name === provider)?.backends ?? [];
        return failurePage({ ...common, provider, reason, optional, connected, backends });
      }
    }
  }

  async #nameOf(accountId: string | undefined): Promise<string | undefined> {
    if (accountId === undefined) return undefined;
    const account = await this.accounts.find(accountId);
    return account?.name ?? account?.email ?? account?.accountId;
  }
}

const situationPerson = (person: Situation['attempt']['state']['person']): string | undefined =>
  person === undefined || person.isNew ? undefined : person.accountId;
