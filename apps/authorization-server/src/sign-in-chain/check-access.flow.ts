import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { AccountStore } from '../accounts/account.store.js';
import { AdmitPerson } from '../attempts/admit-person.flow.js';
import { failed } from '../attempts/decisions.js';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';
import type { JudgedAs } from '../vault/vault.client.js';
import { AskPerson } from './ask-person.flow.js';
import { judgedAs, judgedKey } from './judged-as.js';
import { SignInAttempts } from './sign-in-attempts.flow.js';
import { knownPerson, type Situation } from './sign-in-steps.flow.js';

/** How a look at the chain goes on: with its step, with another look, or with what the browser is shown. */
export type Checked =
  { readonly kind: 'goes-on' | 'again' } | { readonly kind: 'shown'; readonly shown: Shown };

const GOES_ON: Checked = { kind: 'goes-on' };
const AGAIN: Checked = { kind: 'again' };

/**
 * Lets nobody go on whom the policies of `access` do not let in: before the browser is sent to any other provider, and before
 * anything is written of them. Tokens are asked about again (oauth-endpoints/session-access.flow.ts).
 */
@Injectable()
export class CheckAccess {
  constructor(
    private readonly admission: AdmitPerson,
    private readonly attempts: SignInAttempts,
    private readonly accounts: AccountStore,
    private readonly asking: AskPerson,
    @Inject(CONFIG)
    private readonly config: Pick<AuthorizationServerPart, 'administration' | 'primaryUpstreamProvider'>,
  ) {}

  async check(exchange: Exchange, request: AuthorizationRequest, situation: Situation): Promise<Checked> {
    const { attempt, step } = situation;
    const { refused, admitted } = attempt.state;
    if (refused !== undefined)
      return { kind: 'shown', shown: this.asking.refused(request, situation, refused) };
    const administers = request.resource === this.config.administration?.url;
    const person =
      this.admission.isOn || administers
        ? judgedAs(attempt, step, this.config.primaryUpstreamProvider)
        : undefined;
    const who = administers && person !== undefined ? { ...person, action: 'administer' as const } : person;
    if (who === undefined || admitted === judgedKey(who)) return GOES_ON;
    return await this.#judged(exchange, request, situation, who);
  }

  async #judged(
    exchange: Exchange,
    request: AuthorizationRequest,
    situation: Situation,
    who: JudgedAs,
  ): Promise<Checked> {
    const { attempt } = situation;
    const { primaryUpstreamProvider: primary } = this.config;
    const admission = await this.admission.judge(attempt, who, await this.#nameOf(attempt));
    switch (admission.kind) {
      case 'admitted':
        await this.attempts.change(attempt, (state) => ({ ...state, admitted: judgedKey(who) }));
        return GOES_ON;
      case 'unjudged':
        await this.attempts.change(attempt, (state) => failed(state, primary, admission.reason));
        return AGAIN;
      case 'unknown':
        await this.attempts.change(attempt, (state) => ({ ...state, mustVisitPrimary: true }));
        return AGAIN;
      case 'refused': {
        const shown = await this.asking.letGo(exchange, request, situation, admission.refused);
        return shown === undefined ? AGAIN : { kind: 'shown', shown };
      }
    }
  }

  /** What the page calls them: as the provider does, or as the account is called. */
  async #nameOf({ state }: Situation['attempt']): Promise<string | undefined> {
    const leg = state.legs[this.config.primaryUpstreamProvider];
    if (leg?.kind === 'done') return leg.identity.email ?? leg.identity.name;
    const person = knownPerson(state);
    return person === undefined ? undefined : await this.accounts.nameOf(person);
  }
}
