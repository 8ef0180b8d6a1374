import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { newSessionId } from '@gatehouse/kernel/ids';
import { z } from 'zod';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { SignInState } from '../attempts/attempt.js';
import { retried, skipped } from '../attempts/decisions.js';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import {
  AuthorizationRequests,
  type AuthorizationRequest,
} from '../oauth-endpoints/authorization-requests.flow.js';
import { AbandonSignIn } from './abandon-sign-in.flow.js';
import { approvalOf } from './approval-of.js';
import { SignInAttempts } from './sign-in-attempts.flow.js';
import { SignInForms } from './sign-in-forms.js';
import { anotherAccount, approved, reuseConfirmed } from './sign-in-state.js';

const decision = z.enum(['approve', 'continue', 'another', 'retry', 'skip', 'cancel']);
type Decision = z.output<typeof decision>;

/** The person has answered one of the pages. */
@Injectable()
export class AnswerSignIn {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly attempts: SignInAttempts,
    private readonly abandonment: AbandonSignIn,
    private readonly forms: SignInForms,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  /** @returns the way on: to the client when the sign-in is over, else to the sign-in's own page. */
  async answer(exchange: Exchange, uid: string, form: ReadonlyMap<string, string>): Promise<Shown> {
    const location = await this.#decide(exchange, uid, form);
    return { kind: 'redirect', status: 303, location: location ?? this.forms.address(uid) };
  }

  async #decide(
    exchange: Exchange,
    uid: string,
    form: ReadonlyMap<string, string>,
  ): Promise<string | undefined> {
    const request = await this.requests.load(exchange, uid);
    if (request.answeredAt !== undefined) return request.answeredAt;
    const attempt = await this.attempts.of(request);
    this.forms.check(attempt, form);
    const parsed = decision.safeParse(form.get('decision'));
    if (!parsed.success) throw new GatehouseError('request_invalid', 'no such decision');
    switch (parsed.data) {
      case 'cancel': {
        const { refusal, description } = await this.abandonment.abandon(attempt);
        return await this.requests.refuse(exchange, uid, refusal, description);
      }
      case 'another': {
        const tsid = newSessionId();
        const { primaryUpstreamProvider } = this.config;
        await this.abandonment.startOver(attempt, (state) =>
          anotherAccount(state, primaryUpstreamProvider, tsid),
        );
        return undefined;
      }
      default:
        await this.attempts.change(attempt, this.#change(parsed.data, request, form));
        return undefined;
    }
  }

  #change(
    chosen: Exclude<Decision, 'cancel' | 'another'>,
    request: AuthorizationRequest,
    form: ReadonlyMap<string, string>,
  ): (state: SignInState) => SignInState {
    const provider = form.get('provider') ?? '';
    switch (chosen) {
      case 'approve': {
        const fingerprint = approvalOf(request, this.config);
        // The client has changed since the page was shown. The person did not approve that, so the page is shown again.
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
