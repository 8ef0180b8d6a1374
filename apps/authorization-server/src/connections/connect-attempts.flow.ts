import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { ConnectState } from '../attempts/attempt.js';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import { AttemptStore, type StoredAttempt } from '../attempts/attempt.store.js';
import { retried } from '../attempts/decisions.js';
import { DiscardAbandonedAttempts } from '../attempts/discard-abandoned-attempts.job.js';
import { nextConnectStep, type ConnectStep } from './connect-step.js';

/** Visits of the connect page. Each goes on in the browser that began it. */
@Injectable()
export class ConnectAttempts {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly discards: DiscardAbandonedAttempts,
    private readonly cookies: AttemptCookies,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'primaryUpstreamProvider'>,
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

  /** @param browserAccountId who is signed in in the browser now. */
  step({ state }: StoredAttempt<ConnectState>, browserAccountId: AccountId | undefined): ConnectStep {
    return nextConnectStep(state, { primaryProvider: this.config.primaryUpstreamProvider, browserAccountId });
  }

  async retry({ id }: StoredAttempt<ConnectState>, provider: string): Promise<void> {
    await this.attempts.change(id, (state) => retried(state, provider));
  }

  async abandon({ id }: StoredAttempt<ConnectState>): Promise<void> {
    await this.attempts.abandon(id);
    await this.discards.discardNow();
  }
}
