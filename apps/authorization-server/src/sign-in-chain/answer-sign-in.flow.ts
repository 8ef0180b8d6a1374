import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { newSessionId } from '@gatehouse/kernel/ids';
import { z } from 'zod';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { CsrfTokens } from '../http/csrf.js';
import type { Exchange } from '../http/exchange.js';
import {
  AuthorizationRequests,
  type AuthorizationRequest,
} from '../oauth-endpoints/authorization-requests.flow.js';
import { AbandonSignIn } from './abandon-sign-in.flow.js';
import type { AttemptState, SignInState } from '../attempts/attempt.js';
import { AttemptStore, type StoredAttempt } from '../attempts/attempt.store.js';
import { anotherAccount, approved, retried, reuseConfirmed, skipped } from '../attempts/decisions.js';
import { formOf, SignInSteps } from './sign-in-steps.flow.js';

const decision = z.enum(['approve', 'continue', 'another', 'retry', 'skip', 'cancel']);
type Decision = z.output<typeof decision>;

/** What the user answered on one of the pages. */
@Injectable()
export class AnswerSignIn {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly steps: SignInSteps,
    private readonly attempts: AttemptStore,
    private readonly abandonment: AbandonSignIn,
    private readonly csrf: CsrfTokens,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  /** @returns where the browser goes on when the sign-in is over; `undefined`: to the sign-in's own page. */
  async answer(
    exchange: Exchange,
    uid: string,
    form: ReadonlyMap<string, string>,
  ): Promise<string | undefined> {
    const request = await this.requests.load(exchange, uid);
    if (request.answeredAt !== undefined) return request.answeredAt;
    const attempt = await this.steps.attemptOf(request);
    this.csrf.check(formOf(attempt, form.get('shown')), form);
    const parsed = decision.safeParse(form.get('decision'));
    if (!parsed.success) throw new GatehouseError('request_invalid', 'no such decision');
    if (parsed.data === 'cancel') return await this.#cancel(exchange, request, attempt);
    if (parsed.data === 'another') {
      const tsid = newSessionId();
      await this.abandonment.startOver(attempt, (state) =>
        anotherAccount(state, this.config.primaryUpstreamProvider, tsid),
      );
      return undefined;
    }
    const change = this.#change(parsed.data, request, form);
    await this.attempts.change(attempt.id, (state) => (state.kind === 'sign-in' ? change(state) : state));
    return undefined;
  }

  async #cancel(
    exchange: Exchange,
    { uid }: AuthorizationRequest,
    attempt: StoredAttempt<SignInState>,
  ): Promise<string> {
    const { refusal, description } = await this.abandonment.abandon(attempt);
    return await this.requests.refuse(exchange, uid, refusal, description);
  }

  #change(
    chosen: Exclude<Decision, 'cancel' | 'another'>,
    request: AuthorizationRequest,
    form: ReadonlyMap<string, string>,
  ): (state: SignInState) => AttemptState {
    const provider = form.get('provider') ?? '';
    switch (chosen) {
      case 'approve': {
        const fingerprint = this.steps.fingerprintOf(request);
        // What changed since the page was shown was not approved on it: the page is shown again.
        return (state) => (form.get('shown') === fingerprint ? approved(state, fingerprint) : state);
      }
      case 'continue':
        return reuseConfirmed;
      case 'retry':
        return (state) => retried(state, provider);
      case 'skip':
        return (state) => (this.#isOptional(provider) ? skipped(state, provider) : state);
    }
  }

  #isOptional(provider: string): boolean {
    const { primaryUpstreamProvider, upstreamProviders } = this.config;
    const requirement = upstreamProviders.find(({ name }) => name === provider)?.requirement;
    return provider !== primaryUpstreamProvider && requirement === 'optional';
  }
}
