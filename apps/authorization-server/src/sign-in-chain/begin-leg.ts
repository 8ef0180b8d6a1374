import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { CONFIG, type Config } from '../config.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { AttemptState } from './attempt.js';
import {
  attemptCookieHeaders,
  bindingOf,
  newAttemptCookie,
  readAttemptCookie,
  type AttemptCookie,
} from './attempt-cookie.js';
import { AttemptStore, type StoredAttempt } from './attempt.store.js';
import { failed } from './decisions.js';
import { Vault } from '../vault/vault.client.js';

export type BegunLeg = (
  | { readonly kind: 'away'; readonly authorizationUrl: string }
  /** Recorded as a failed leg: the attempt's page says so. */
  | { readonly kind: 'failed' }
) & { readonly setCookies: readonly string[] };

export interface LegToBegin {
  readonly attempt: StoredAttempt;
  readonly provider: string;
  readonly cookieHeader: string | undefined;
  /** The interaction that the browser returns to; empty for the connect page. */
  readonly uid: string;
}

/** Sends the browser to a provider. The cookie that binds the leg is set here, after the user's approval and never before. */
@Injectable()
export class BeginLeg {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly vault: Vault,
    private readonly urls: IssuerUrls,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async begin({ attempt, provider, cookieHeader, uid }: LegToBegin): Promise<BegunLeg> {
    const { id, state } = attempt;
    const cookie = await this.#cookie(attempt, cookieHeader, uid);
    const setCookies = attemptCookieHeaders(id, cookie, {
      header: cookieHeader,
      secure: this.urls.isHttps,
    });
    const known = this.#accountOf(state, provider);
    try {
      const authorizationUrl = await this.vault.begin({
        attemptId: id,
        provider,
        browserBinding: bindingOf(cookie),
        fresh: state.fresh.includes(provider),
        ...(known === undefined ? {} : { accountId: known }),
      });
      this.log.info('leg-begun', { attemptId: id, provider });
      return { kind: 'away', authorizationUrl, setCookies };
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'provider_unavailable') throw error;
      this.log.warn('leg-refused', { attemptId: id, provider, reason: 'provider_unavailable' });
      await this.attempts.change(id, (latest) => failed(latest, provider, 'provider_unavailable'));
      return { kind: 'failed', setCookies };
    }
  }

  /**
   * Whom the leg is for. The leg that decides the account is for nobody yet, and an account that is not written yet is
   * not named: a simultaneous first sign-in may turn out to be the same person.
   */
  #accountOf(state: AttemptState, provider: string): AccountId | undefined {
    const decides = state.kind === 'sign-in' && provider === this.config.primaryUpstreamProvider;
    return decides || state.person === undefined || state.person.isNew ? undefined : state.person.accountId;
  }

  /** One cookie for all legs of an attempt; a browser that lost it gets a new one, and legs begun before are then void. */
  async #cookie(
    { id, state }: StoredAttempt,
    header: string | undefined,
    uid: string,
  ): Promise<AttemptCookie> {
    const held = readAttemptCookie(header, id, this.urls.isHttps);
    if (held !== undefined && bindingOf(held) === state.browserBinding) return held;
    const made = newAttemptCookie(uid);
    await this.attempts.change(id, (latest): AttemptState => ({
      ...latest,
      browserBinding: bindingOf(made),
    }));
    return made;
  }
}
