import { Injectable } from '@nestjs/common';
import type { ConnectState } from '../attempts/attempt.js';
import type { StoredAttempt } from '../attempts/attempt.store.js';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import { BrowserSessions } from '../oauth-endpoints/browser-sessions.flow.js';
import { AdoptConnections } from './adopt-connections.flow.js';
import { ConnectResponses } from './connect-responses.js';
import { ConnectAttempts } from './connect-attempts.flow.js';
import type { ConnectStep } from './connect-step.js';
import { VisitProvider } from './visit-provider.flow.js';

type Attempt = StoredAttempt<ConnectState>;

/** The connect page after a provider has answered. */
@Injectable()
export class ContinueConnect {
  constructor(
    private readonly attempts: ConnectAttempts,
    private readonly adoption: AdoptConnections,
    private readonly browsers: BrowserSessions,
    private readonly visits: VisitProvider,
    private readonly responses: ConnectResponses,
  ) {}

  async proceed(exchange: Exchange, id: string): Promise<Shown> {
    const attempt = await this.attempts.load(id, exchange.request.headers.cookie);
    const browser = await this.browsers.current(exchange);
    const step = this.attempts.step(attempt, browser?.accountId);
    switch (step.kind) {
      case 'visit':
        return await this.visits.next(attempt, step.provider);
      case 'refuse':
        return this.responses.failure(attempt, step);
      case 'no-account':
        await this.attempts.abandon(attempt);
        return this.responses.toEnd('no-account');
      case 'wrong-account':
        await this.attempts.abandon(attempt);
        return this.responses.toEnd('wrong-account');
      case 'adopt':
        return await this.#adopt(exchange, attempt, step);
    }
  }

  async #adopt(
    exchange: Exchange,
    attempt: Attempt,
    { accountId, provider }: Extract<ConnectStep, { kind: 'adopt' }>,
  ): Promise<Shown> {
    const adoption = await this.adoption.adopt(attempt, accountId);
    if (adoption === 'leg_failed') return this.responses.toAttempt(attempt);
    if (typeof adoption === 'object') {
      await this.attempts.abandon(attempt);
      return this.responses.refused(adoption);
    }
    if (adoption === 'adopted') await this.browsers.signIn(exchange, accountId);
    return provider === undefined ? this.responses.toConnections() : this.responses.connected(provider);
  }
}
