import { Inject, Injectable } from '@nestjs/common';
import { newAttemptId, type AccountId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { ATTEMPT_TTL_MS, type ConnectState } from '../attempts/attempt.js';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import { AttemptStore } from '../attempts/attempt.store.js';
import type { Shown } from '../http/shown.js';
import { VisitProvider } from './visit-provider.flow.js';

export interface ConnectRequest {
  readonly provider: string;
  /** The account that the connection is for; absent: the account that signs in. */
  readonly expectedAccountId?: AccountId;
  /** The browser's account, when it is signed in. */
  readonly signedInAs?: AccountId;
  readonly cookieHeader: string | undefined;
}

/** Begins a visit of the connect page: to the provider, or first to the primary one when nobody is signed in. */
@Injectable()
export class StartConnect {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly visits: VisitProvider,
    private readonly cookies: AttemptCookies,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'primaryUpstreamProvider'>,
  ) {}

  async connect({ provider, expectedAccountId, signedInAs, cookieHeader }: ConnectRequest): Promise<Shown> {
    const state = {
      provider,
      // The person is here because a connection is missing or broken, so the provider lets them choose the account.
      fresh: [provider],
      ...(expectedAccountId === undefined ? {} : { expectedAccountId }),
      ...(signedInAs === undefined ? {} : { person: { accountId: signedInAs, isNew: false } }),
    };
    const first = signedInAs === undefined ? this.config.primaryUpstreamProvider : provider;
    return await this.#begin(state, first, cookieHeader);
  }

  /** Signs the browser in at our own pages. @param expectedAccountId nobody else */
  async signIn(cookieHeader: string | undefined, expectedAccountId?: AccountId): Promise<Shown> {
    const primary = this.config.primaryUpstreamProvider;
    const expected = expectedAccountId === undefined ? {} : { expectedAccountId };
    return await this.#begin({ fresh: [primary], ...expected }, primary, cookieHeader);
  }

  /** The browser gets the cookie of the attempt with the answer to the request that began it. */
  async #begin(
    begun: Partial<ConnectState> & Pick<ConnectState, 'fresh'>,
    firstProvider: string,
    cookieHeader: string | undefined,
  ): Promise<Shown> {
    const id = newAttemptId();
    const browserBinding = this.cookies.bindingOf(id);
    const state = { kind: 'connect', legs: {}, adopted: false, ...begun, browserBinding } as const;
    const attempt = { ...(await this.attempts.begin(id, state, ATTEMPT_TTL_MS)), state };
    const { provider, person } = begun;
    this.log.info('connect-started', { attemptId: id, provider, accountId: person?.accountId });
    return {
      ...(await this.visits.away(attempt, firstProvider)),
      setCookies: this.cookies.begin(id, cookieHeader),
    };
  }
}
