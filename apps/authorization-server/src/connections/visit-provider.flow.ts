import { Injectable } from '@nestjs/common';
import type { ConnectState } from '../attempts/attempt.js';
import type { StoredAttempt } from '../attempts/attempt.store.js';
import { ArrivedAnswers } from '../attempts/arrived-answers.flow.js';
import { BeginLeg } from '../attempts/begin-leg.flow.js';
import type { Shown } from '../http/shown.js';
import { ConnectResponses } from './connect-responses.js';

/** Sends a visitor of the connect page to a provider. */
@Injectable()
export class VisitProvider {
  constructor(
    private readonly arrived: ArrivedAnswers,
    private readonly legs: BeginLeg,
    private readonly responses: ConnectResponses,
  ) {}

  /** Unless the browser has just come back from one. */
  async next(attempt: StoredAttempt<ConnectState>, provider: string): Promise<Shown> {
    switch (await this.arrived.wait(attempt)) {
      case 'late':
        return this.responses.wait(attempt, provider);
      case 'settled':
        return this.responses.toAttempt(attempt);
      case 'none':
        return await this.away(attempt, provider);
    }
  }

  /** @param attempt belongs to the browser that asks, which was checked when it was loaded. */
  async away(
    attempt: StoredAttempt<ConnectState>,
    provider: string,
  ): Promise<Shown & { readonly kind: 'redirect' }> {
    const browserBinding = attempt.state.browserBinding ?? '';
    const begun = await this.legs.begin({ attempt, provider, browserBinding });
    return begun.kind === 'away'
      ? { kind: 'redirect', status: 302, location: begun.authorizationUrl }
      : this.responses.toAttempt(attempt);
  }
}
