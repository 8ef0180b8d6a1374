import { Injectable } from '@nestjs/common';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';
import { AskPerson } from './ask-person.flow.js';
import { CompleteSignIn } from './complete-sign-in.flow.js';
import type { Situation } from './sign-in-steps.flow.js';
import { VisitLeg } from './visit-leg.flow.js';

/** Does what the chain says is next. */
@Injectable()
export class TakeStep {
  constructor(
    private readonly asking: AskPerson,
    private readonly visits: VisitLeg,
    private readonly completion: CompleteSignIn,
  ) {}

  /** @returns `undefined` when the chain has to be looked at again. */
  async take(
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
        return await this.asking.ask(request, situation, step);
      case 'visit':
        return await this.visits.visit(exchange, request, situation, step.provider);
      case 'complete':
        return await this.completion.complete(exchange, request, situation, step.providers);
    }
  }
}
