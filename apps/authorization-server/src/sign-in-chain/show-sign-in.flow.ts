import { Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import {
  AuthorizationRequests,
  type AuthorizationRequest,
} from '../oauth-endpoints/authorization-requests.flow.js';
import { AskPerson } from './ask-person.flow.js';
import { CheckAccess } from './check-access.flow.js';
import { SignInSteps, type Situation } from './sign-in-steps.flow.js';
import { TakeStep } from './take-step.flow.js';

/** The chain can change while it is looked at. It is then looked at again; more than once is rare. */
const MAX_LOOKS = 4;

/** The page of a sign-in. It goes on by itself as far as possible, and asks the person where it cannot. */
@Injectable()
export class ShowSignIn {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly steps: SignInSteps,
    private readonly asking: AskPerson,
    private readonly access: CheckAccess,
    private readonly taking: TakeStep,
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

  /** @returns `undefined` when the chain has to be looked at again. */
  async #advance(
    exchange: Exchange,
    request: AuthorizationRequest,
    situation: Situation,
  ): Promise<Shown | undefined> {
    if (request.isSilent) {
      const refused = await this.asking.refuseSilently(exchange, request, situation);
      if (refused !== undefined) return refused;
    }
    const checked = await this.access.check(exchange, request, situation);
    switch (checked.kind) {
      case 'goes-on':
        return await this.taking.take(exchange, request, situation);
      case 'again':
        return undefined;
      case 'shown':
        return checked.shown;
    }
  }
}
