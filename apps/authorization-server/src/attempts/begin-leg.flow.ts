import { Inject, Injectable } from '@nestjs/common';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { AttemptState, LegFailure } from './attempt.js';
import { AttemptStore, type StoredAttempt } from './attempt.store.js';
import { failed } from './decisions.js';
import { Vault } from '../vault/vault.client.js';

/** What the person is told when a provider cannot be visited. */
const REASONS: Partial<Readonly<Record<ErrorCode, LegFailure>>> = {
  provider_unavailable: 'provider_unavailable',
  provider_misconfigured: 'invalid_response',
};

export type BegunLeg =
  | { readonly kind: 'away'; readonly authorizationUrl: string }
  /** The leg is recorded as failed, and the attempt's page says so. */
  | { readonly kind: 'failed' };

export interface LegToBegin {
  readonly attempt: StoredAttempt;
  readonly provider: string;
  /** Of the browser that asks. */
  readonly browserBinding: string;
}

/** Sends the browser to a provider. Only the browser that began the attempt is sent, whatever another one knows of it. */
@Injectable()
export class BeginLeg {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly vault: Vault,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async begin({ attempt, provider, browserBinding }: LegToBegin): Promise<BegunLeg> {
    const { id, state } = attempt;
    if (state.browserBinding !== browserBinding) throw new GatehouseError('attempt_wrong_browser');
    const known = this.#accountOf(state, provider);
    try {
      const authorizationUrl = await this.vault.begin({
        attemptId: id,
        provider,
        browserBinding,
        fresh: state.fresh.includes(provider),
        ...(state.kind === 'sign-in' && state.asked !== undefined ? { asked: state.asked } : {}),
        ...this.#wishes(state, provider),
        ...(known === undefined ? {} : { accountId: known }),
      });
      this.log.info('leg-begun', { attemptId: id, provider });
      return { kind: 'away', authorizationUrl };
    } catch (error) {
      const { code: errorCode, details } = GatehouseError.from(error);
      const reason = REASONS[errorCode];
      if (reason === undefined) throw error;
      // The vault has told why, in a line with this number.
      const told = details['reference'] === undefined ? {} : { reference: details['reference'] };
      this.log.warn('leg-refused', { attemptId: id, provider, reason, errorCode, ...told });
      await this.attempts.change(id, (latest) => failed(latest, provider, reason));
      return { kind: 'failed' };
    }
  }

  /** Only the primary provider says who the person is, since when, and how they proved it. */
  #wishes(
    state: AttemptState,
    provider: string,
  ): { readonly maxAgeSeconds?: number; readonly acrValues?: string } {
    if (state.kind !== 'sign-in' || provider !== this.config.primaryUpstreamProvider) return {};
    const { maxAgeSeconds, acrValues } = state;
    return {
      ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
      ...(acrValues === undefined ? {} : { acrValues }),
    };
  }

  /**
   * The account that the leg is for. It is not named while it is unknown (the primary provider's leg decides it) or not
   * written yet: a first sign-in at the same time may turn out to be the same person.
   */
  #accountOf(state: AttemptState, provider: string): AccountId | undefined {
    const decides = state.kind === 'sign-in' && provider === this.config.primaryUpstreamProvider;
    return decides || state.person === undefined || state.person.isNew ? undefined : state.person.accountId;
  }
}
