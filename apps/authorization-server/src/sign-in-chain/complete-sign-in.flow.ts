import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { AccountStore, type Settled } from '../accounts/account.store.js';
import type { LegFailure, SignInState } from '../attempts/attempt.js';
import { failed } from '../attempts/decisions.js';
import { provenIdentities } from '../attempts/proven-identities.js';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import {
  AuthorizationRequests,
  type AuthorizationRequest,
} from '../oauth-endpoints/authorization-requests.flow.js';
import type { Abandonment } from './abandonment.js';
import { OpenSession } from './open-session.flow.js';
import { SignInAttempts } from './sign-in-attempts.flow.js';
import type { Situation } from './sign-in-steps.flow.js';

/** Ends a sign-in. Every step gives the same result when it is done again, so a reload or a second tab is harmless. */
@Injectable()
export class CompleteSignIn {
  constructor(
    private readonly accounts: AccountStore,
    private readonly opening: OpenSession,
    private readonly attempts: SignInAttempts,
    private readonly requests: AuthorizationRequests,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'primaryUpstreamProvider'>,
  ) {}

  /** @returns the way to the client; `undefined` when the chain has to be looked at again. */
  async complete(
    exchange: Exchange,
    request: AuthorizationRequest,
    situation: Situation,
    providers: readonly string[],
  ): Promise<Shown | undefined> {
    const { state } = situation.attempt;
    const wrong = wrongPerson(request, state);
    if (wrong !== undefined) return await this.#refuse(exchange, request, wrong);
    const settled = await this.#settle(state);
    if (settled.kind === 'identity_taken') {
      await this.#legFailed(situation, settled.provider, settled.kind);
      return undefined;
    }
    const { accountId } = settled;
    const opening = await this.opening.open(situation, { accountId, client: request.client, providers });
    switch (opening.kind) {
      case 'leg_lost':
        await this.#legFailed(situation, opening.provider, 'invalid_response');
        return undefined;
      case 'connection_gone':
        return undefined;
      case 'open': {
        await this.attempts.change(situation.attempt, (latest) => ({ ...latest, answered: true }));
        const location = await this.requests.approve(exchange, request.uid, { ...state, accountId });
        return { kind: 'redirect', status: 303, location };
      }
    }
  }

  async #refuse(
    exchange: Exchange,
    { uid }: AuthorizationRequest,
    { refusal, description }: Abandonment,
  ): Promise<Shown> {
    const location = await this.requests.refuse(exchange, uid, refusal, description);
    return { kind: 'redirect', status: 303, location };
  }

  async #settle({ person, legs }: SignInState): Promise<Settled> {
    if (person === undefined) throw new GatehouseError('internal', 'a chain completed without an account');
    const proven = provenIdentities(legs);
    const primary = proven.find(({ provider }) => provider === this.config.primaryUpstreamProvider);
    return await this.accounts.settle({
      ...person,
      ...(primary === undefined ? {} : { primary }),
      others: proven.filter((one) => one !== primary),
    });
  }

  async #legFailed({ attempt }: Situation, provider: string, reason: LegFailure): Promise<void> {
    await this.attempts.change(attempt, (state) => failed(state, provider, reason));
  }
}

/** The person has to be authenticated actively, and the primary provider did not do that. */
const TOO_OLD = 'the primary provider let somebody through who signed in longer ago than max_age';
/** With a code for them the library would ask again, and again. */
const SOMEBODY_ELSE = 'somebody else has signed in than id_token_hint says';
const NOT_WANTED = 'somebody else has signed in than claims says';
/** Section 5.5.1.1: as an authentication that failed. */
const OTHERWISE = 'the primary provider did not authenticate the person in a way that claims demands';

/**
 * OpenID Connect Core, sections 3.1.2.1 and 5.5.1: whoever came back is not whom the client wants, or not in the way that it wants.
 * @returns `undefined`: they are.
 */
function wrongPerson(
  { hintedAccountId, wantedAccountIds, requiredAcrs }: AuthorizationRequest,
  { person, isTooOld, acr }: SignInState,
): Abandonment | undefined {
  const login = (description: string): Abandonment => ({ refusal: 'login_required', description });
  if (isTooOld === true) return login(TOO_OLD);
  const accountId = person?.accountId;
  if (hintedAccountId !== undefined && accountId !== hintedAccountId) return login(SOMEBODY_ELSE);
  if (wantedAccountIds?.includes(accountId ?? '') === false) return login(NOT_WANTED);
  return requiredAcrs?.includes(acr ?? '') === false
    ? { refusal: 'unmet_authentication_requirements', description: OTHERWISE }
    : undefined;
}
