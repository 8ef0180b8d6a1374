import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { newSessionId } from '@gatehouse/kernel/ids';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Refused } from '../attempts/attempt.js';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import {
  AuthorizationRequests,
  type AuthorizationRequest,
} from '../oauth-endpoints/authorization-requests.flow.js';
import { AbandonSignIn } from './abandon-sign-in.flow.js';
import { NOT_ADMITTED, type Abandonment } from './abandonment.js';
import { SignInPages, type Question } from './sign-in-pages.flow.js';
import { silentRefusal } from './silent-refusal.js';
import { refusedPerson } from './sign-in-state.js';
import type { Situation } from './sign-in-steps.flow.js';

/** Asks the person, or tells a client that wants nobody to be asked that somebody would be. */
@Injectable()
export class AskPerson {
  constructor(
    private readonly pages: SignInPages,
    private readonly requests: AuthorizationRequests,
    private readonly abandonment: AbandonSignIn,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'primaryUpstreamProvider'>,
  ) {}

  async ask(request: AuthorizationRequest, situation: Situation, question: Question): Promise<Shown> {
    return await this.pages.ask(request, situation, question);
  }

  /** Nothing of the sign-in stays. @returns the way to the client; `undefined` when it can go on without a page. */
  async refuseSilently(
    exchange: Exchange,
    request: AuthorizationRequest,
    { attempt, step }: Situation,
  ): Promise<Shown | undefined> {
    const refused = silentRefusal(request, step, this.config.primaryUpstreamProvider);
    return refused && (await this.#toClient(exchange, request, attempt, refused));
  }

  /**
   * The person may not sign in, and nothing of the sign-in stays, here or in the vault.
   * @returns the way to a client that wants no page; `undefined`: the attempt has the page now.
   */
  async letGo(
    exchange: Exchange,
    request: AuthorizationRequest,
    { attempt }: Situation,
    refused: Refused,
  ): Promise<Shown | undefined> {
    if (request.isSilent) return await this.#toClient(exchange, request, attempt, NOT_ADMITTED);
    const { primaryUpstreamProvider } = this.config;
    await this.abandonment.startOver(attempt, (state) =>
      refusedPerson(state, primaryUpstreamProvider, newSessionId(), refused),
    );
    return undefined;
  }

  refused(request: AuthorizationRequest, { attempt }: Situation, refused: Refused): Shown {
    return this.pages.refused(request, attempt, refused);
  }

  async #toClient(
    exchange: Exchange,
    { uid }: AuthorizationRequest,
    attempt: Situation['attempt'],
    abandonment: Abandonment,
  ): Promise<Shown> {
    const { refusal, description } = await this.abandonment.abandon(attempt, abandonment);
    const location = await this.requests.refuse(exchange, uid, refusal, description);
    return { kind: 'redirect', status: 303, location };
  }
}
