import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';
import { AccountStore } from '../accounts/account.store.js';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { ConnectState } from '../attempts/attempt.js';
import { AttemptStore, type StoredAttempt } from '../attempts/attempt.store.js';
import { failed, retried } from '../attempts/decisions.js';
import { DiscardAbandonedAttempts } from '../attempts/discard-abandoned-attempts.job.js';
import { Vault } from '../vault/vault.client.js';
import { nextConnectStep, type ConnectStep } from './connect-step.js';

/** A visit of the connect page; it goes on in the browser that began it. */
@Injectable()
export class ConnectAttempt {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly accounts: AccountStore,
    private readonly vault: Vault,
    private readonly discards: DiscardAbandonedAttempts,
    private readonly cookies: AttemptCookies,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  /** @throws {GatehouseError} `attempt_wrong_browser`, or `attempt_unknown` when it is over. */
  async load(id: string, cookieHeader: string | undefined): Promise<StoredAttempt<ConnectState>> {
    const browser = this.cookies.of(id, cookieHeader);
    if (browser === undefined) throw new GatehouseError('attempt_wrong_browser');
    const attempt = await this.attempts.load(id as AttemptId); // its cookie shows that it is one
    const { state } = attempt;
    if (state.kind !== 'connect') throw new GatehouseError('attempt_unknown', 'not of the connect page');
    if (state.browserBinding !== browser.binding) throw new GatehouseError('attempt_wrong_browser');
    return { ...attempt, state };
  }

  step({ state }: StoredAttempt<ConnectState>): ConnectStep {
    return nextConnectStep(state, this.config.primaryUpstreamProvider);
  }

  /**
   * Links what was proven and makes the connections usable. Doing it again changes nothing, and is told apart: only the
   * first time says who is at the browser.
   */
  async adopt(
    { id, state }: StoredAttempt<ConnectState>,
    accountId: AccountId,
  ): Promise<'adopted' | 'adopted_before' | 'leg_failed'> {
    if (state.adopted) return 'adopted_before';
    const done = Object.entries(state.legs).flatMap(([provider, outcome]) =>
      outcome.kind === 'done' ? [{ provider, identity: outcome.identity }] : [],
    );
    const settled = await this.accounts.settle({ accountId, isNew: false, others: done });
    if (settled.kind === 'identity_taken') {
      await this.attempts.change(id, (latest) => failed(latest, settled.provider, 'identity_taken'));
      return 'leg_failed';
    }
    for (const { provider, identity } of done)
      if (!(await this.#adopted({ attemptId: id, accountId, provider, subject: identity.subject }))) {
        await this.attempts.change(id, (latest) => failed(latest, provider, 'invalid_response'));
        return 'leg_failed';
      }
    await this.attempts.change(id, (latest) =>
      latest.kind === 'connect' ? { ...latest, adopted: true } : latest,
    );
    return 'adopted';
  }

  /** @returns false when what the vault holds of the leg cannot be used. */
  async #adopted(leg: Parameters<Vault['adopt']>[0]): Promise<boolean> {
    try {
      await this.vault.adopt(leg);
      return true;
    } catch (error) {
      if (error instanceof GatehouseError && error.code === 'connection_missing') return false;
      throw error;
    }
  }

  async retry({ id }: StoredAttempt<ConnectState>, provider: string): Promise<void> {
    await this.attempts.change(id, (state) => retried(state, provider));
  }

  async abandon({ id }: StoredAttempt<ConnectState>): Promise<void> {
    await this.attempts.abandon(id);
    await this.discards.discardNow();
  }
}
