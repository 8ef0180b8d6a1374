import { Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Shown } from '../http/shown.js';
import type { Exchange } from '../http/exchange.js';
import {
  AuthorizationRequests,
  type AuthorizationRequest,
} from '../oauth-endpoints/authorization-requests.flow.js';
import { AttemptStore } from '../attempts/attempt.store.js';
import { BeginLeg } from '../attempts/begin-leg.flow.js';
import { CompleteSignIn } from './complete-sign-in.flow.js';
import { failed } from '../attempts/decisions.js';
import { SignInPages } from './sign-in-pages.flow.js';
import { SignInSteps, type Situation } from './sign-in-steps.flow.js';

/** A chain that changes under us is looked at anew this often; more than once is rare. */
const MAX_LOOKS = 4;

/** The page of a sign-in: goes as far as it can without the user, and asks where it cannot. */
@Injectable()
export class ShowSignIn {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly steps: SignInSteps,
    private readonly pages: SignInPages,
    private readonly legs: BeginLeg,
    private readonly completion: CompleteSignIn,
    private readonly attempts: AttemptStore,
  ) {}

  async show(exchange: Exchange, uid: string): Promise<Shown> {
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const request = await this.requests.load(exchange, uid);
      if (request.answeredAt !== undefined)
        return { kind: 'redirect', status: 303, location: request.answeredAt };
      const shown = await this.#advance(exchange, request, await this.steps.situationOf(request));
      if (shown !== undefined) return shown;
    }
    throw new GatehouseError('busy', 'the chain keeps changing');
  }

  /** @returns `undefined` when the chain has to be looked at anew. */
  async #advance(
    exchange: Exchange,
    request: AuthorizationRequest,
    situation: Situation,
  ): Promise<Shown | undefined> {
    const { step } = situation;
    switch (step.kind) {
      case 'ask-approval':
      case 'confirm-client':
      case 'confirm-reuse':
      case 'refuse':
        return await this.pages.ask(request, situation, step);
      case 'visit':
        return await this.#visit(request, situation, step.provider);
      case 'complete':
        return await this.#complete(exchange, request, situation, step.providers);
    }
  }

  async #visit(
    { browserBinding }: AuthorizationRequest,
    { attempt }: Situation,
    provider: string,
  ): Promise<Shown | undefined> {
    const begun = await this.legs.begin({ attempt, provider, browserBinding });
    if (begun.kind === 'failed') return undefined;
    return { kind: 'redirect', status: 302, location: begun.authorizationUrl };
  }

  async #complete(
    exchange: Exchange,
    request: AuthorizationRequest,
    situation: Situation,
    providers: readonly string[],
  ): Promise<Shown | undefined> {
    const completion = await this.completion.complete(request, situation, providers);
    if (completion.kind === 'reconsider') return undefined;
    if (completion.kind !== 'completed') {
      const { kind, provider } = completion;
      const reason = kind === 'identity_taken' ? kind : 'invalid_response';
      await this.attempts.change(situation.attempt.id, (state) => failed(state, provider, reason));
      return undefined;
    }
    const { tsid } = situation.attempt.state;
    const location = await this.requests.approve(exchange, request.uid, completion.accountId, tsid);
    return { kind: 'redirect', status: 303, location };
  }
}
