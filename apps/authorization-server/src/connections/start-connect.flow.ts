import { Inject, Injectable } from '@nestjs/common';
import { newAttemptId, type AccountId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import { ATTEMPT_TTL_MS, type ConnectState } from '../attempts/attempt.js';
import { AttemptStore, type StoredAttempt } from '../attempts/attempt.store.js';
import { BeginLeg } from '../attempts/begin-leg.flow.js';

export interface ConnectRequest {
  readonly provider: string;
  /** Whose connection it has to be; absent: of whoever signs in. */
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
    private readonly legs: BeginLeg,
    private readonly urls: IssuerUrls,
    private readonly cookies: AttemptCookies,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async connect({ provider, expectedAccountId, signedInAs, cookieHeader }: ConnectRequest): Promise<Shown> {
    const state = {
      provider,
      // The user came here because something is missing or broken: let them choose.
      fresh: [provider],
      ...(expectedAccountId === undefined ? {} : { expectedAccountId }),
      ...(signedInAs === undefined ? {} : { person: { accountId: signedInAs, isNew: false } }),
    };
    const first = signedInAs === undefined ? this.config.primaryUpstreamProvider : provider;
    return await this.#begin(state, first, cookieHeader);
  }

  /** Signs the browser in at our own pages. */
  async signIn(cookieHeader: string | undefined): Promise<Shown> {
    const primary = this.config.primaryUpstreamProvider;
    return await this.#begin({ fresh: [primary] }, primary, cookieHeader);
  }

  /** @param attempt of the browser that asks; that it is was checked when it was loaded. */
  async away(
    attempt: StoredAttempt<ConnectState>,
    provider: string,
  ): Promise<Extract<Shown, { kind: 'redirect' }>> {
    const { id, state } = attempt;
    const begun = await this.legs.begin({ attempt, provider, browserBinding: state.browserBinding ?? '' });
    return begun.kind === 'away'
      ? { kind: 'redirect', status: 302, location: begun.authorizationUrl }
      : { kind: 'redirect', status: 303, location: this.urls.path(`/connect/attempt/${id}`) };
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
      ...(await this.away(attempt, firstProvider)),
      setCookies: this.cookies.begin(id, cookieHeader),
    };
  }
}
