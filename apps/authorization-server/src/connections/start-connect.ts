import { Inject, Injectable } from '@nestjs/common';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { newAttemptId, type AccountId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { CONFIG, type Config } from '../config.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import { AttemptStore, type StoredAttempt } from '../sign-in-chain/attempt.store.js';
import { BeginLeg } from '../sign-in-chain/begin-leg.js';

const CONNECT_TTL_MS = 30 * MINUTE_MS;

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
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async connect({ provider, expectedAccountId, signedInAs, cookieHeader }: ConnectRequest): Promise<Shown> {
    const attempt = await this.attempts.begin(
      newAttemptId(),
      {
        kind: 'connect',
        provider,
        legs: {},
        // The user came here because something is missing or broken: let them choose.
        fresh: [provider],
        adopted: false,
        ...(expectedAccountId === undefined ? {} : { expectedAccountId }),
        ...(signedInAs === undefined ? {} : { person: { accountId: signedInAs, isNew: false } }),
      },
      CONNECT_TTL_MS,
    );
    this.log.info('connect-started', { attemptId: attempt.id, provider, accountId: signedInAs });
    return await this.away(
      attempt,
      signedInAs === undefined ? this.config.primaryUpstreamProvider : provider,
      cookieHeader,
    );
  }

  /** Signs the browser in at our own pages. */
  async signIn(cookieHeader: string | undefined): Promise<Shown> {
    const primary = this.config.primaryUpstreamProvider;
    const state = { kind: 'connect', legs: {}, fresh: [primary], adopted: false } as const;
    const attempt = await this.attempts.begin(
      newAttemptId(),
      { ...state, fresh: [...state.fresh] },
      CONNECT_TTL_MS,
    );
    return await this.away(attempt, primary, cookieHeader);
  }

  async away(attempt: StoredAttempt, provider: string, cookieHeader: string | undefined): Promise<Shown> {
    const begun = await this.legs.begin({ attempt, provider, cookieHeader, uid: '' });
    if (begun.kind === 'away')
      return {
        kind: 'redirect',
        status: 302,
        location: begun.authorizationUrl,
        setCookies: begun.setCookies,
      };
    return {
      kind: 'redirect',
      status: 303,
      location: this.urls.path(`/connect/attempt/${attempt.id}`),
      setCookies: begun.setCookies,
    };
  }
}
