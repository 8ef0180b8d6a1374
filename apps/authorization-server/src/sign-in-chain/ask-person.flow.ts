import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import {
  AuthorizationRequests,
  type AuthorizationRequest,
} from '../oauth-endpoints/authorization-requests.flow.js';
import { AbandonSignIn } from './abandon-sign-in.flow.js';
import { SignInPages, type Question } from './sign-in-pages.flow.js';
import { silentRefusal } from './silent-refusal.js';
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
    if (refused === undefined) return undefined;
    const { refusal, description } = await this.abandonment.abandon(attempt, refused);
    const location = await this.requests.refuse(exchange, request.uid, refusal, description);
    return { kind: 'redirect', status: 303, location };
  }
}
