import { Injectable } from '@nestjs/common';
import { ArrivedAnswers } from '../attempts/arrived-answers.flow.js';
import { BeginLeg } from '../attempts/begin-leg.flow.js';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';
import { pageDueAfter } from './onward.js';
import { SignInPages } from './sign-in-pages.flow.js';
import type { Situation } from './sign-in-steps.flow.js';

/** Sends the browser of a sign-in to a provider, unless it has just come back from one. */
@Injectable()
export class VisitLeg {
  constructor(
    private readonly arrived: ArrivedAnswers,
    private readonly legs: BeginLeg,
    private readonly pages: SignInPages,
  ) {}

  /** @returns `undefined` when the chain has to be looked at again. */
  async visit(
    exchange: Exchange,
    request: AuthorizationRequest,
    { attempt }: Situation,
    provider: string,
  ): Promise<Shown | undefined> {
    switch (await this.arrived.wait(attempt)) {
      case 'late':
        return this.pages.wait(request.uid, provider);
      case 'settled':
        return undefined;
      case 'none': {
        const done = pageDueAfter(attempt.state.legs, exchange.request.url);
        if (done !== undefined) return this.pages.onward(request.uid, provider, done);
        const { browserBinding } = request;
        const begun = await this.legs.begin({ attempt, provider, browserBinding });
        if (begun.kind === 'failed') return undefined;
        return { kind: 'redirect', status: 302, location: begun.authorizationUrl };
      }
    }
  }
}
